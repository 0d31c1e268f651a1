package io.winnow.pruner.grpc;

/** IEEE 754 binary16, which Java has no type for before version 20. */
final class HalfFloat {

  private static final int EXPONENT_BIAS_GAP = 127 - 15;

  private HalfFloat() {}

  /** The exact value of a half; infinities and NaN stay what they are. */
  static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >>> 10 & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0) {
      float size = fraction * 0x1p-24f; // zero or subnormal, exact in float
      return sign == 0 ? size : -size;
    }
    int bits = exponent == 0x1f ? 0x7f800000 : exponent + EXPONENT_BIAS_GAP << 23;
    return Float.intBitsToFloat(sign | bits | fraction << 13);
  }
}
