package io.winnow.decoder.fetch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Hosts that may be asked, by exact name or as everything below a domain. */
final class HostAllowList {

  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_-]+)*");

  private final Set<String> names = new HashSet<>();
  private final List<String> suffixes = new ArrayList<>();

  /**
   * @param entries {@code name} or {@code *.domain}; the latter does not hold the domain itself
   */
  HostAllowList(List<String> entries) {
    for (String entry : entries) {
      String lower = entry.strip().toLowerCase(Locale.ROOT);
      boolean below = lower.startsWith("*.");
      String name = below ? lower.substring(2) : lower;
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "winnow.fetch.allowed-hosts: '" + entry + "' is neither a host nor *.domain");
      }
      if (below) {
        suffixes.add("." + name);
      } else {
        names.add(name);
      }
    }
    if (names.isEmpty() && suffixes.isEmpty()) {
      throw new IllegalArgumentException(
          "winnow.fetch.enabled needs at least one host in winnow.fetch.allowed-hosts");
    }
  }

  boolean allows(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return names.contains(lower) || suffixes.stream().anyMatch(lower::endsWith);
  }
}
