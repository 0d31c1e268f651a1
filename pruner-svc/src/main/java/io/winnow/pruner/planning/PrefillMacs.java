package io.winnow.pruner.planning;

import io.winnow.runtime.DecoderMacs;

/** The work of a decoder prefill in multiply-accumulates, counted as {@link DecoderMacs} does. */
public record PrefillMacs(DecoderDimensions decoder) {

  /** MACs of one layer that {@code tokens} tokens enter. */
  public double layer(int tokens) {
    return new DecoderMacs(decoder.hiddenSize(), decoder.intermediateSize()).layer(tokens);
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
