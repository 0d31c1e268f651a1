package io.winnow.bench;

import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.PrefillPlan;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * Hand-made pruning plans for a decoder whose weights are random and so cannot be calibrated.
 *
 * @param layers decoder layers
 * @param tokensPerPicture visual tokens of each picture
 * @param pictures pictures of the prompt
 */
record KeepCounts(int layers, int tokensPerPicture, int pictures) {

  /**
   * Depth and share of tokens left there, in the manner of FitPrune's recipes: most go between the
   * first sixteenth and the first quarter of the layers, some more around two thirds.
   */
  private static final double[][] SHAPE = {
    {0, 1}, {0.06, 0.95}, {0.25, 0.47}, {0.55, 0.38}, {0.7, 0.27}, {1, 0.22}
  };

  private static final int BISECTIONS = 40;

  /** FitPrune's ranking with so many tokens left that this share of the work remains. */
  PrefillPlan fitPrune(DecoderMacs macs, int textTokens, double flopsRatio) {
    double gentle = 0;
    double harsh = 16;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (gentle + harsh) / 2;
      int[] entered = entered(shaped(middle), textTokens);
      if (share(macs, entered) > flopsRatio) {
        gentle = middle;
      } else {
        harsh = middle;
      }
    }
    return plan(shaped(harsh), PrefillPlan.Ranking.FITPRUNE, new float[0]);
  }

  /**
   * Share of a prefill's work that remains.
   *
   * @param entered tokens that entered each layer; all of them entered the first // [layers]
   */
  static double share(DecoderMacs macs, int[] entered) {
    return macs.total(entered) / (entered.length * macs.layer(entered[0]));
  }

  /** VTW: every visual token is withdrawn before a layer. */
  PrefillPlan withdraw(int layer) {
    int[] left = new int[layers];
    Arrays.fill(left, 0, layer - 1, tokensPerPicture);
    // As decoder-svc does: what goes altogether needs no ranking, and given scores cost nothing.
    return plan(left, PrefillPlan.Ranking.GIVEN, new float[pictures * tokensPerPicture]);
  }

  /** Tokens of a picture that leave each layer, the stronger the fewer // [layers] */
  private int[] shaped(double strength) {
    int[] left = new int[layers];
    for (int layer = 0; layer < layers; layer++) {
      double share = Math.pow(shape((layer + 1.0) / layers), strength);
      left[layer] = (int) Math.floor(share * tokensPerPicture);
    }
    return left;
  }

  private static double shape(double depth) {
    int knot = 1;
    while (depth > SHAPE[knot][0]) {
      knot++;
    }
    double[] from = SHAPE[knot - 1];
    double[] to = SHAPE[knot];
    return from[1] + (depth - from[0]) / (to[0] - from[0]) * (to[1] - from[1]);
  }

  private int[] entered(int[] left, int textTokens) {
    int[] entered = new int[layers];
    for (int layer = 0; layer < layers; layer++) {
      int perPicture = layer == 0 ? tokensPerPicture : left[layer - 1];
      entered[layer] = textTokens + pictures * perPicture;
    }
    return entered;
  }

  private PrefillPlan plan(int[] left, PrefillPlan.Ranking ranking, float[] scores) {
    long[][] keep = new long[layers][pictures];
    for (int layer = 0; layer < layers; layer++) {
      Arrays.fill(keep[layer], left[layer]);
    }
    return new PrefillPlan(Optional.of(keep), ranking, scores, Set.of(), false);
  }
}
