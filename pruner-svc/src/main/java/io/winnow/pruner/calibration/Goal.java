package io.winnow.pruner.calibration;

import io.winnow.pruner.planning.PrefillMacs;
import java.util.OptionalInt;

/** What a FitPrune recipe must save. */
sealed interface Goal {

  /**
   * The first layer from which on a candidate need not delete any more; empty if it never saves
   * enough.
   */
  OptionalInt stop(Candidate candidate);

  /**
   * As the paper has it: a share of the visual tokens' work, over the samples.
   *
   * @param savedShare in (0, 1)
   */
  record VisualShare(VisualWork work, double savedShare) implements Goal {

    @Override
    public OptionalInt stop(Candidate candidate) {
      double limit = candidate.unpruned(work) * (1 - savedShare);
      double[] foreseen = candidate.foreseen(work);
      for (int layer = 0; layer < foreseen.length; layer++) {
        if (foreseen[layer] <= limit) {
          return OptionalInt.of(layer);
        }
      }
      return OptionalInt.empty();
    }
  }

  /**
   * A share of the whole prefill's MACs that may remain, by the recipe itself, at a mean prompt.
   *
   * @param ratio in (0, 1)
   */
  record AllTokens(PrefillMacs macs, double ratio, MeanPrompt prompt) implements Goal {

    @Override
    public OptionalInt stop(Candidate candidate) {
      for (int layer = 0; layer < candidate.layers(); layer++) {
        if (prompt.remainingShare(macs, candidate.recipe(layer)) <= ratio) {
          return OptionalInt.of(layer);
        }
      }
      return OptionalInt.empty();
    }
  }
}
