package io.winnow.decoder.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A set of API keys, held as SHA-256 digests only. Looking one up takes the same time whichever
 * matches, or none.
 */
final class ApiKeys implements Callers {

  private static final Pattern NAME_SEPARATOR = Pattern.compile("\\s+=\\s*");
  private static final Pattern WHITE_SPACE = Pattern.compile("\\s");

  private final List<Entry> entries;

  private ApiKeys(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * Reads one {@code key[ = name]} a line; empty lines and those that begin with # do not count. A
   * key may hold "=" itself, so the separator needs white space before it. Keys of one name share
   * its limits; a key without a name is named after its digest.
   *
   * @throws IllegalArgumentException naming the line, never the key
   */
  static ApiKeys parse(String text) {
    List<Entry> entries = new ArrayList<>();
    int number = 0;
    for (String raw : text.lines().toList()) {
      number++;
      String line = raw.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] parts = NAME_SEPARATOR.split(line, 2);
      Entry entry = Entry.of(parts[0], parts.length > 1 ? parts[1] : "", number);
      if (entries.stream().anyMatch(other -> MessageDigest.isEqual(other.digest, entry.digest))) {
        throw new IllegalArgumentException("line " + number + ": the key stands there twice");
      }
      entries.add(entry);
    }
    return new ApiKeys(entries);
  }

  int size() {
    return entries.size();
  }

  @Override
  public Optional<String> identify(Optional<String> key) {
    if (key.isEmpty()) {
      return Optional.empty();
    }
    byte[] digest = sha256(key.get());
    Optional<String> name = Optional.empty();
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.digest, digest)) {
        name = Optional.of(entry.name);
      }
    }
    return name;
  }

  private static byte[] sha256(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  private record Entry(byte[] digest, String name) {

    static Entry of(String key, String name, int line) {
      if (key.isEmpty() || WHITE_SPACE.matcher(key).find()) {
        throw new IllegalArgumentException("line " + line + " is not 'key' or 'key = name'");
      }
      byte[] digest = sha256(key);
      return new Entry(
          digest, name.isEmpty() ? "key-" + HexFormat.of().formatHex(digest, 0, 4) : name);
    }
  }
}
