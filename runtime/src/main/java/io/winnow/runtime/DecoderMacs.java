package io.winnow.runtime;

import io.winnow.v1.DecoderManifest;

/**
 * Counts the multiply-accumulates of a decoder prefill as FitPrune does: per layer 4nd^2 + 2n^2d +
 * 3ndm for n tokens. Embedding and head are left out, since pruning does not touch them. Doubles: a
 * long overflows for a million tokens in a large decoder.
 *
 * @param hiddenSize d
 * @param intermediateSize m, the width of the FFN
 */
public record DecoderMacs(int hiddenSize, int intermediateSize) {

  /** The counts of this decoder. */
  public static DecoderMacs of(DecoderManifest decoder) {
    return new DecoderMacs(decoder.getHiddenSize(), decoder.getIntermediateSize());
  }

  /** MACs of one layer that {@code tokens} tokens enter. */
  public double layer(int tokens) {
    double n = tokens;
    double d = hiddenSize;
    double m = intermediateSize;
    return 4 * n * d * d + 2 * n * n * d + 3 * n * d * m;
  }

  /**
   * MACs of all layers.
   *
   * @param entering tokens that enter each layer // [layers]
   */
  public double total(int[] entering) {
    double sum = 0;
    for (int tokens : entering) {
      sum += layer(tokens);
    }
    return sum;
  }
}
