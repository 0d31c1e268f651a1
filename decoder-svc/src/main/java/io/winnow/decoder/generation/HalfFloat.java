package io.winnow.decoder.generation;

/** IEEE 754 binary16, which Java has no type for before version 20. */
final class HalfFloat {

  private static final float MIN_NORMAL = 0x1p-14f;
  private static final float OVERFLOW = 65520f; // half-way between the largest half and 2^16

  private HalfFloat() {}

  /** The nearest half, ties to even; too large becomes infinite. */
  static short of(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    float size = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (size >= OVERFLOW) {
      return (short) (sign | 0x7c00);
    }
    if (size < MIN_NORMAL) {
      // Exact scaling, so rint alone rounds; 1024 becomes the smallest normal half by itself.
      return (short) (sign | (int) Math.rint(size * 0x1p24f));
    }
    int bits = Float.floatToRawIntBits(size);
    int rounded = bits + 0xfff + (bits >>> 13 & 1);
    return (short) (sign | rounded - (112 << 23) >>> 13);
  }
}
