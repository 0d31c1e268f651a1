package io.winnow.modelkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Weights from a formula, so that Python and Java make the same checkpoint and none is stored:
 * demo-model/reference/generated_weights.py specifies it.
 */
final class GeneratedTensor {

  private static final long STEP = 0x9E3779B97F4A7C15L;

  private GeneratedTensor() {}

  /** The first so many numbers of a name, in [-1, 1). */
  static double[] uniform(String name, int count) {
    long seed = 0xCBF29CE484222325L;
    for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
      seed = (seed ^ (each & 0xff)) * 0x100000001B3L;
    }
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      long z = seed + (i + 1) * STEP;
      z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
      z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
      z = z ^ z >>> 31;
      values[i] = (z >>> 40) / 0x1p23 - 1;
    }
    return values;
  }

  /**
   * The tensor's bytes in a checkpoint of this dtype, by torch's name: float32, float16, bfloat16.
   */
  static byte[] bytes(String salt, String name, long[] shape, String dtype) {
    int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    double[] u = uniform(salt + name, count);
    ByteBuffer bytes = SafetensorsFile.littleEndian(count * (dtype.equals("float32") ? 4 : 2));
    for (double each : u) {
      float value = (float) value(name, shape, each);
      switch (dtype) {
        case "float32" -> bytes.putFloat(value);
        case "float16" -> bytes.putShort(Float16.fromFloat(value));
        case "bfloat16" -> bytes.putShort(brainFloat(value));
        default -> throw new IllegalArgumentException(dtype);
      }
    }
    return bytes.array();
  }

  private static double value(String name, long[] shape, double u) {
    if (name.contains("norm") && name.endsWith(".weight")) {
      return 1 + 0.1 * u;
    }
    if (name.endsWith(".bias")) {
      return 0.2 * u;
    }
    if (name.contains("embed") && !name.contains("patch")) {
      return 0.5 * u;
    }
    double k = name.contains("q_proj") || name.contains("k_proj") ? 3 : 1.7;
    long width = Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact);
    return k * u / Math.sqrt(width);
  }

  /** Nearest, ties to even. */
  private static short brainFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
