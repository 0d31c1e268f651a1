package io.winnow.pruner.planning;

import java.util.Arrays;
import java.util.OptionalDouble;

/** How a method prunes one model, found by calibration and checked when it was read. */
public sealed interface PruneRecipe {

  /** Unique among recipes, for example "demo-fitprune-0.45". */
  String name();

  /** The model it was found on, and the only one it is used for. */
  String model();

  /** Decoder layers of that model. */
  int layers();

  /** The budget it was made for: remaining share of the prefill's MACs, in (0, 1]. */
  double flopsRatio();

  /**
   * What it leaves of the unpruned model's accuracy, 1 for all of it; empty where it is not known.
   */
  OptionalDouble relativeAccuracy();

  /**
   * A recipe of FitPrune.
   *
   * @param fittedVisualTokens tokens of a picture that the counts were fitted at
   * @param deleted tokens that each layer deletes of such a picture // [layers]
   */
  record FitPruneRecipe(
      String name,
      String model,
      double flopsRatio,
      int fittedVisualTokens,
      int[] deleted,
      OptionalDouble relativeAccuracy)
      implements PruneRecipe {

    public FitPruneRecipe {
      long sum = Arrays.stream(deleted).asLongStream().sum();
      if (deleted.length == 0 || sum > fittedVisualTokens) {
        throw new IllegalArgumentException(
            "%d deletions in %d layers of %d tokens"
                .formatted(sum, deleted.length, fittedVisualTokens));
      }
    }

    @Override
    public int layers() {
      return deleted.length;
    }

    /** Mean share of a fitted picture's tokens that enter a layer, in (0, 1]. */
    double keptShare() {
      long alive = fittedVisualTokens;
      long entering = 0;
      for (int count : deleted) {
        entering += alive;
        alive -= count;
      }
      return entering / ((double) layers() * fittedVisualTokens);
    }

    /** Tokens that leave each layer where pictures of these sizes enter // [layers][pictures] */
    int[][] keep(int[] sizes) {
      int[][] keep = new int[layers()][sizes.length];
      int[] alive = sizes.clone();
      for (int layer = 0; layer < keep.length; layer++) {
        for (int picture = 0; picture < sizes.length; picture++) {
          long scaled = (long) deleted[layer] * sizes[picture] / fittedVisualTokens;
          alive[picture] -= (int) scaled;
          keep[layer][picture] = alive[picture];
        }
      }
      return keep;
    }
  }

  /**
   * A recipe of VTW.
   *
   * @param withdrawLayer visual tokens are withdrawn before this layer, in [1, layers]; layers
   *     means never
   */
  record VtwRecipe(
      String name,
      String model,
      int layers,
      double flopsRatio,
      int withdrawLayer,
      OptionalDouble relativeAccuracy)
      implements PruneRecipe {

    public VtwRecipe {
      if (withdrawLayer < 1 || withdrawLayer > layers) {
        throw new IllegalArgumentException(
            "withdrawal before layer %d of %d".formatted(withdrawLayer, layers));
      }
    }
  }
}
