package io.winnow.runtime.triton.client;

/** The two 16-bit floating point formats, which Java 17 does not know. */
final class HalfFloats {

  private static final int SIGN = 0x8000;
  private static final int INFINITY = 0x7c00;

  /** A binary32's exponent bias less a binary16's. */
  private static final int BIAS = 127 - 15;

  private HalfFloats() {}

  /** Nearest binary16, ties to even; beyond the range infinity; a NaN stays one. */
  static short toFp16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & SIGN;
    int magnitude = bits & 0x7fff_ffff;
    if (magnitude > 0x7f80_0000) {
      return (short) (sign | 0x7e00 | magnitude >>> 13 & 0x3ff);
    }
    if (magnitude >= 0x4780_0000) { // 65536 and beyond
      return (short) (sign | INFINITY);
    }
    if (magnitude < 0x3880_0000) { // below 2^-14: a binary16 subnormal, in units of 2^-24
      float units = Float.intBitsToFloat(magnitude) * 0x1p24f; // exact: a power of two
      return (short) (sign | (int) Math.rint(units));
    }
    int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1); // may carry into infinity, rightly
    return (short) (sign | (rounded >>> 13) - (BIAS << 10));
  }

  static float fromFp16(short half) {
    int sign = (half & SIGN) << 16;
    int magnitude = half & 0x7fff;
    if (magnitude >= INFINITY) {
      return Float.intBitsToFloat(sign | 0x7f80_0000 | (magnitude & 0x3ff) << 13);
    }
    if (magnitude < 0x400) {
      float value = magnitude * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    return Float.intBitsToFloat(sign | (magnitude << 13) + (BIAS << 23));
  }

  /** Nearest bfloat16, ties to even; a NaN stays one. */
  static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  static float fromBf16(short half) {
    return Float.intBitsToFloat(half << 16);
  }
}
