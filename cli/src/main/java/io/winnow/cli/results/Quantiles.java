package io.winnow.cli.results;

import java.util.Arrays;

/** Order statistics. */
public final class Quantiles {

  private Quantiles() {}

  public static double median(double... values) {
    return at(0.5, values);
  }

  /**
   * The value below which a share of the values lies, interpolated between neighbours.
   *
   * @param share in [0, 1]
   * @param values at least one
   */
  public static double at(double share, double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
