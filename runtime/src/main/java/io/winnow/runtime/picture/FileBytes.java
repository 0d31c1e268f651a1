package io.winnow.runtime.picture;

import java.nio.charset.StandardCharsets;

/**
 * A picture file, or a part of one, read by offset; what lies outside of it is an incomplete file.
 */
record FileBytes(byte[] bytes, int start, int end) {

  FileBytes(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  int length() {
    return end - start;
  }

  /** The part [from, from + length). */
  FileBytes part(long from, long length) {
    check(from, length);
    int partStart = start + (int) from;
    return new FileBytes(bytes, partStart, partStart + (int) length);
  }

  int u8(long at) {
    check(at, 1);
    return bytes[start + (int) at] & 0xFF;
  }

  int u16be(long at) {
    return u8(at) << 8 | u8(at + 1);
  }

  int u16le(long at) {
    return u8(at + 1) << 8 | u8(at);
  }

  long u32be(long at) {
    return (long) u16be(at) << 16 | u16be(at + 2);
  }

  long u32le(long at) {
    return (long) u16le(at + 2) << 16 | u16le(at);
  }

  int u24le(long at) {
    return u16le(at) | u8(at + 2) << 16;
  }

  /** Whether these Latin-1 characters stand at the place; false beyond the end. */
  boolean has(String characters, long at) {
    return at >= 0
        && at + characters.length() <= length()
        && text(at, characters.length()).equals(characters);
  }

  String text(long at, int length) {
    check(at, length);
    return new String(bytes, start + (int) at, length, StandardCharsets.ISO_8859_1);
  }

  private void check(long from, long length) {
    if (from < 0 || length < 0 || from + length > length()) {
      throw PictureException.unreadable("it ends too early");
    }
  }
}
