package io.winnow.cli.plot;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps values to pixels, linearly.
 *
 * @param low lowest value
 * @param high highest value, above it
 * @param from pixel of the lowest value
 * @param to pixel of the highest value; below {@code from} on an axis that points upwards
 */
public record Scale(double low, double high, double from, double to) {

  public Scale {
    if (!(high > low)) {
      throw new IllegalArgumentException("the axis goes from " + low + " to " + high);
    }
  }

  /** The pixel of a value; values beyond the axis are drawn at its end. */
  public double at(double value) {
    double inside = Math.min(high, Math.max(low, value));
    return from + (inside - low) / (high - low) * (to - from);
  }

  /** Round values on the axis, with at most {@code most} steps between them. */
  public List<Double> ticks(int most) {
    double step = roundUp((high - low) / most);
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** The next of 1, 2, 2.5 and 5 times a power of ten. */
  private static double roundUp(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (double factor : new double[] {1, 2, 2.5, 5}) {
      if (step <= factor * power * (1 + 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }
}
