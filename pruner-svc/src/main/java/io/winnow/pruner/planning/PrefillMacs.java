package io.winnow.pruner.planning;

/**
 * Counts the multiply-accumulates of a decoder prefill by the convention of FitPrune: per layer
 * 4nd² + 2n²d + 3ndm for n tokens, text and visual alike. Embedding and head are left out, since
 * pruning does not touch them.
 *
 * <p>Results are doubles: a long overflows for a million tokens in a large decoder.
 */
public record PrefillMacs(DecoderDimensions decoder) {

  /** MACs of one layer that {@code tokens} tokens enter. */
  public double layer(int tokens) {
    double n = tokens;
    double d = decoder.hiddenSize();
    double m = decoder.intermediateSize();
    return 4 * n * d * d + 2 * n * n * d + 3 * n * d * m;
  }

  /**
   * Remaining share of the unpruned prefill's MACs, in (0, 1].
   *
   * @param textTokens text tokens, at least one; they enter every layer
   * @param visualTokens visual tokens before reduction
   * @param visualTokensEntering visual tokens that enter each layer, [layers]
   */
  public double remainingShare(int textTokens, int visualTokens, int[] visualTokensEntering) {
    if (visualTokensEntering.length != decoder.layers()) {
      throw new IllegalArgumentException(
          "%d counts for %d layers".formatted(visualTokensEntering.length, decoder.layers()));
    }
    double remaining = 0;
    for (int visual : visualTokensEntering) {
      remaining += layer(textTokens + visual);
    }
    return remaining / (decoder.layers() * layer(textTokens + visualTokens));
  }
}
