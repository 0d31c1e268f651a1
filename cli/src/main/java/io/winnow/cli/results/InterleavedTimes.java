package io.winnow.cli.results;

import java.util.ArrayList;
import java.util.List;

/**
 * Times of several settings, taken in rounds: on a machine whose speed changes, only ratios within
 * a round mean something.
 */
public final class InterleavedTimes {

  private final List<double[]> rounds = new ArrayList<>(); // each [settings]

  /**
   * Adds a round.
   *
   * @param millis one time for each setting, the one that all are compared with first // [settings]
   */
  public void add(double[] millis) {
    if (!rounds.isEmpty() && rounds.get(0).length != millis.length) {
      throw new IllegalArgumentException(
          "%d times after rounds of %d".formatted(millis.length, rounds.get(0).length));
    }
    rounds.add(millis.clone());
  }

  public int rounds() {
    return rounds.size();
  }

  /** Median time of a setting. */
  public double medianMillis(int setting) {
    return Quantiles.median(rounds.stream().mapToDouble(round -> round[setting]).toArray());
  }

  /** Mean over rounds of the ratio to the first setting: for work that differs between rounds. */
  public double meanRatio(int setting) {
    return rounds.stream().mapToDouble(round -> round[setting] / round[0]).average().orElseThrow();
  }

  /** Median over rounds of the ratio to the first setting. */
  public double medianRatio(int setting) {
    return Quantiles.median(
        rounds.stream().mapToDouble(round -> round[setting] / round[0]).toArray());
  }
}
