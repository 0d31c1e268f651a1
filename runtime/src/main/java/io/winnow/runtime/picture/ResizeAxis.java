package io.winnow.runtime.picture;

import java.util.Arrays;

/**
 * One direction of an antialiased resize of 8-bit samples, for a window of its outputs: which
 * inputs each output is made of, with fixed-point weights of 16 bits, as torchvision computes on
 * CPUs. (Pillow does the same with 22 bits; the results differ by 1 now and then.)
 */
final class ResizeAxis {

  private static final int MAX_PRECISION = 22;

  /** Outputs that are looked at for the largest weight: all, in pictures of sane proportions. */
  private static final int MAX_SCALED = 1 << 16;

  private final int[] starts; // first input of each output // [outputs]
  private final int[][] weights; // [outputs][inputs]
  private final int precision; // fractional bits

  private ResizeAxis(int[] starts, int[][] weights, int precision) {
    this.starts = starts;
    this.weights = weights;
    this.precision = precision;
  }

  /**
   * Plans a direction.
   *
   * @param input samples there are
   * @param output samples after the resize
   * @param from first output wanted
   * @param count outputs wanted
   */
  static ResizeAxis of(int input, long output, long from, int count, Interpolation interpolation) {
    if (interpolation == Interpolation.NEAREST || input == output) {
      return picking(input, output, from, count);
    }
    Weights weights = new Weights(input, (double) input / output, interpolation);
    double largest = 0;
    for (long i = 0; i < Math.min(output, MAX_SCALED); i++) {
      for (double weight : weights.of(i)) {
        largest = Math.max(largest, weight);
      }
    }
    int precision = 0;
    while (precision < MAX_PRECISION && (int) (0.5 + largest * (2 << precision)) < 1 << 15) {
      precision++;
    }
    int[] starts = new int[count];
    int[][] fixed = new int[count][];
    for (int i = 0; i < count; i++) {
      starts[i] = weights.start(from + i);
      fixed[i] = fixed(weights.of(from + i), precision);
    }
    return new ResizeAxis(starts, fixed, precision);
  }

  private static ResizeAxis picking(int input, long output, long from, int count) {
    int[] starts = new int[count];
    int[][] weights = new int[count][];
    for (int i = 0; i < count; i++) {
      double centre = (from + i + 0.5) * ((double) input / output);
      starts[i] = (int) Math.min(input - 1, (long) centre);
      weights[i] = new int[] {1};
    }
    return new ResizeAxis(starts, weights, 0);
  }

  private static int[] fixed(double[] weights, int precision) {
    int[] fixed = new int[weights.length];
    for (int i = 0; i < weights.length; i++) {
      double scaled = weights[i] * (1 << precision);
      fixed[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
    return fixed;
  }

  /** First input that any wanted output needs. */
  int firstInput() {
    return starts[0];
  }

  /** The same for samples that begin with {@link #firstInput}. */
  ResizeAxis fromFirstInput() {
    int first = firstInput();
    return new ResizeAxis(
        Arrays.stream(starts).map(start -> start - first).toArray(), weights, precision);
  }

  /** Input after the last one that any wanted output needs. */
  int endInput() {
    int last = starts.length - 1;
    return starts[last] + weights[last].length;
  }

  /**
   * An output sample.
   *
   * @param samples where the inputs lie
   * @param origin index of input 0
   * @param stride distance between inputs
   */
  int sample(int output, byte[] samples, int origin, int stride) {
    int[] factors = weights[output];
    int sum = precision == 0 ? 0 : 1 << precision - 1;
    int at = origin + starts[output] * stride;
    for (int factor : factors) {
      sum += factor * (samples[at] & 0xFF);
      at += stride;
    }
    return Math.max(0, Math.min(255, sum >> precision));
  }

  private record Weights(int input, double scale, Interpolation interpolation) {

    private double reach() {
      return interpolation.support() * Math.max(1, scale);
    }

    int start(long output) {
      return (int) Math.max(0, (long) (scale * (output + 0.5) - reach() + 0.5));
    }

    /** Weights of the inputs from {@link #start} on; their sum is 1. */
    double[] of(long output) {
      double centre = scale * (output + 0.5);
      int start = start(output);
      int end = (int) Math.min(input, (long) (centre + reach() + 0.5));
      double[] weights = new double[end - start];
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = interpolation.weight((i + start - centre + 0.5) / Math.max(1, scale));
        sum += weights[i];
      }
      for (int i = 0; i < weights.length; i++) {
        weights[i] /= sum;
      }
      return weights;
    }
  }
}
