package io.winnow.pruner.calibration;

import java.util.List;

/**
 * What one alpha deletes, if it is never stopped. A sample's deletions depend on alpha and on that
 * sample alone: FitPrune's lock step over all samples only decides from which layer on nothing is
 * deleted any more, and that can be told afterwards from the counts.
 *
 * @param alpha tolerated relative loss of attention mass
 * @param visualTokens of each sample // [samples]
 * @param deleted rows that each layer deletes // [samples][layers]
 */
record Candidate(double alpha, int[] visualTokens, List<int[]> deleted) {

  Candidate {
    deleted = List.copyOf(deleted);
  }

  int layers() {
    return deleted.get(0).length;
  }

  /** Deletions of each layer, rounded down, when those from {@code stop} on delete nothing. */
  int[] recipe(int stop) {
    int[] mean = new int[layers()];
    for (int layer = 0; layer < stop; layer++) {
      long sum = 0;
      for (int[] sample : deleted) {
        sum += sample[layer];
      }
      mean[layer] = (int) (sum / deleted.size());
    }
    return mean;
  }

  /**
   * Mean visual work of a whole prefill, as it is foreseen at the start of each layer: spent so far
   * plus all that follows if nothing more is deleted // [layers]
   */
  double[] foreseen(VisualWork work) {
    double[] mean = new double[layers()];
    for (int sample = 0; sample < visualTokens.length; sample++) {
      int alive = visualTokens[sample];
      double spent = 0;
      for (int layer = 0; layer < mean.length; layer++) {
        mean[layer] += spent + (mean.length - layer) * work.layer(alive);
        spent += work.attention(alive);
        alive -= deleted.get(sample)[layer];
        spent += work.rest(alive);
      }
    }
    for (int layer = 0; layer < mean.length; layer++) {
      mean[layer] /= visualTokens.length;
    }
    return mean;
  }

  /** Mean visual work without deletions. */
  double unpruned(VisualWork work) {
    double sum = 0;
    for (int visual : visualTokens) {
      sum += layers() * work.layer(visual);
    }
    return sum / visualTokens.length;
  }
}
