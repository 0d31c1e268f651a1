package io.winnow.modelkit;

/** IEEE 754 half precision, which Java 17 does not know. */
public final class Float16 {

  private static final int LARGEST_FINITE = 0x7bff;

  private Float16() {}

  /** The value of these bits. */
  public static float toFloat(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> mantissa * 0x1p-24f;
          case 0x1f -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(exponent + 112 << 23 | mantissa << 13);
        };
    return bits < 0 ? -magnitude : magnitude;
  }

  /**
   * The bits of the nearest half, ties to even; finite values beyond the range become the largest
   * finite half, since an infinite weight would spoil everything that it touches.
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (Float.isInfinite(value)) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int rounded = (bits & 0x7fffffff) + 0xfff + (bits >>> 13 & 1);
    int half = (rounded >>> 13) - (112 << 10);
    return (short) (sign | Math.min(half, LARGEST_FINITE));
  }
}
