package io.winnow.decoder.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Reads data: URLs (RFC 2397). The media type is only a hint and ignored: the picture's own bytes
 * say what it is. Base64 is checked strictly: standard alphabet, padding, no line breaks.
 */
final class DataUrl {

  private static final String SCHEME = "data:";

  private DataUrl() {}

  static boolean matches(String url) {
    return url.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
  }

  /** The bytes that {@code url} carries; {@code path} names it in errors. */
  static byte[] decode(String url, String path) {
    int comma = url.indexOf(',');
    if (comma < 0) {
      throw refused(path, "a data: URL needs a comma before its data");
    }
    String header = url.substring(SCHEME.length(), comma).strip().toLowerCase(Locale.ROOT);
    byte[] payload = url.substring(comma + 1).getBytes(StandardCharsets.UTF_8);
    byte[] plain = unescape(payload, path);
    byte[] content = header.endsWith(";base64") ? base64(plain, path) : plain;
    if (content.length == 0) {
      throw refused(path, "the data: URL holds no bytes");
    }
    return content;
  }

  private static byte[] unescape(byte[] data, String path) {
    int first = 0;
    while (first < data.length && data[first] != '%') {
      first++;
    }
    if (first == data.length) {
      return data;
    }
    byte[] plain = new byte[data.length];
    System.arraycopy(data, 0, plain, 0, first);
    int length = first;
    for (int i = first; i < data.length; i++) {
      if (data[i] != '%') {
        plain[length++] = data[i];
        continue;
      }
      if (i + 2 >= data.length || !isHex(data[i + 1]) || !isHex(data[i + 2])) {
        throw refused(
            path, "a '%' at byte " + i + " of the data is not followed by two hex digits");
      }
      plain[length++] =
          (byte) (HexFormat.fromHexDigit(data[i + 1]) << 4 | HexFormat.fromHexDigit(data[i + 2]));
      i += 2;
    }
    return Arrays.copyOf(plain, length);
  }

  private static boolean isHex(byte character) {
    return HexFormat.isHexDigit(character);
  }

  private static byte[] base64(byte[] text, String path) {
    int end = text.length;
    while (end > 0 && text.length - end < 2 && text[end - 1] == '=') {
      end--;
    }
    for (int i = 0; i < end; i++) {
      if (!isBase64(text[i])) {
        throw refused(path, "character " + i + " of the base64 data is " + describe(text[i]));
      }
    }
    if (text.length % 4 != 0) {
      throw refused(
          path,
          "the base64 data has %d characters, which is no multiple of 4: truncated or without padding"
              .formatted(text.length));
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw refused(path, "the base64 data is malformed at its end");
    }
  }

  private static boolean isBase64(byte c) {
    return c >= 'A' && c <= 'Z'
        || c >= 'a' && c <= 'z'
        || c >= '0' && c <= '9'
        || c == '+'
        || c == '/';
  }

  private static String describe(byte c) {
    return switch (c) {
      case '\n', '\r' -> "a line break: encode without line breaks";
      case ' ', '\t' -> "white space";
      case '-', '_' -> "'" + (char) c + "': use the standard alphabet with '+' and '/'";
      case '=' -> "padding, which belongs at the end";
      default -> c > ' ' ? "'" + (char) c + "'" : "not in the alphabet";
    };
  }

  private static ApiErrorException refused(String path, String what) {
    return new ApiErrorException(
        ApiError.invalid("invalid_image_url", "Invalid picture: " + what + ".", path));
  }
}
