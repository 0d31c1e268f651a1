package io.winnow.pruner.cost;

import java.util.Arrays;

/** Median of the last values. Not safe for concurrent use. */
final class RecentMedian {

  private static final int CAPACITY = 64;

  private final double[] values = new double[CAPACITY];
  private long added;

  void add(double value) {
    values[(int) (added++ % CAPACITY)] = value;
  }

  /** 0 if there are no values. */
  double median() {
    int count = (int) Math.min(added, CAPACITY);
    return count == 0 ? 0 : of(Arrays.copyOf(values, count));
  }

  /** The lower one of two middle values, since what disturbs a time adds to it; sorts the array. */
  static double of(double[] values) {
    Arrays.sort(values);
    return values[(values.length - 1) / 2];
  }
}
