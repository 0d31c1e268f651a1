package io.winnow.pruner.calibration;

import io.winnow.pruner.calibration.PromptRuns.AttentionVectors;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * FitPrune's deletions in one layer (section 1.3 of our notes on arXiv 2409.10197): those that both
 * attention distributions can spare.
 */
final class Dispensable {

  private Dispensable() {}

  /**
   * Rows that may go; never all of them.
   *
   * @param alpha tolerated relative loss of each mass, in [0, 1]
   * @param reference masses of the layer in the unpruned model
   */
  static int[] rows(AttentionVectors seen, double alpha, Masses reference) {
    boolean[] self = leastAttended(seen.self(), (1 - alpha) * reference.self());
    boolean[] cross = leastAttended(seen.cross(), (1 - alpha) * reference.cross());
    return IntStream.range(0, self.length).filter(row -> self[row] && cross[row]).toArray();
  }

  /**
   * The longest run of least attended rows, ties by the lower index, that leaves at least so much;
   * the most attended row always stays. // [rows]
   */
  private static boolean[] leastAttended(float[] attention, double least) {
    int[] order =
        IntStream.range(0, attention.length)
            .boxed()
            .sorted(Comparator.comparingDouble(row -> attention[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    boolean[] dispensable = new boolean[attention.length];
    double left = Masses.sum(attention);
    for (int rank = 0; rank < order.length - 1; rank++) {
      left -= attention[order[rank]];
      if (left < least) {
        break;
      }
      dispensable[order[rank]] = true;
    }
    return dispensable;
  }

  /** Summed attention of a layer. */
  record Masses(double self, double cross) {

    static Masses of(AttentionVectors seen) {
      return new Masses(sum(seen.self()), sum(seen.cross()));
    }

    private static double sum(float[] attention) {
      double sum = 0;
      for (float value : attention) {
        sum += value;
      }
      return sum;
    }
  }
}
