package io.winnow.pruner.planning;

/**
 * What a prefill computes, in multiply-accumulates. Finer than {@link PrefillMacs}, since it
 * predicts times: a token that a layer drops takes part in its attention but not in its output
 * projection and FFN.
 *
 * @param linear projections and FFN: 3nd² for the tokens that enter a layer, nd² + 3ndm for those
 *     that leave it
 * @param attention 2n²d in each layer
 * @param ranking what layers that drop a part of the tokens compute to rank them: the attention
 *     weights of all rows (FitPrune) or of one (FastV) once more
 */
public record PrefillWork(double linear, double attention, double ranking) {

  /**
   * The work of a prefill.
   *
   * @param textTokens text tokens; they enter every layer
   * @param entering visual tokens that enter each layer // [layers]
   * @param ranking how layers rank that drop some of their tokens and not all
   */
  public static PrefillWork of(
      DecoderDimensions decoder, int textTokens, int[] entering, Ranking ranking) {
    double d = decoder.hiddenSize();
    double m = decoder.intermediateSize();
    double linear = 0;
    double squares = 0;
    double ranked = 0;
    for (int layer = 0; layer < entering.length; layer++) {
      double n = (double) textTokens + entering[layer];
      int leaving = layer + 1 < entering.length ? entering[layer + 1] : entering[layer];
      linear += 3 * n * d * d + (textTokens + leaving) * (d * d + 3 * d * m);
      squares += n * n;
      if (leaving > 0 && leaving < entering[layer]) {
        ranked += n * queries(ranking, n);
      }
    }
    return new PrefillWork(linear, squares * 2 * d, ranked * d);
  }

  /** All of it. */
  public double total() {
    return linear + attention + ranking;
  }

  private static double queries(Ranking ranking, double rows) {
    return switch (ranking) {
      case FITPRUNE -> rows;
      case FASTV -> 1;
      case GIVEN, NONE -> 0;
    };
  }
}
