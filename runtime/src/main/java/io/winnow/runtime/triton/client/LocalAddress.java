package io.winnow.runtime.triton.client;

import java.util.Locale;
import java.util.regex.Pattern;

/** Tells addresses that can only be of this host; no name is looked up. */
final class LocalAddress {

  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(dns:///|ipv4:|ipv6:)?(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\])(:\\d+)?");

  private LocalAddress() {}

  static boolean isLocal(String address) {
    String lower = address.toLowerCase(Locale.ROOT);
    return lower.startsWith("unix:") || LOOPBACK.matcher(lower).matches();
  }
}
