package io.winnow.bench;

import io.winnow.runtime.PrefillSummary;
import io.winnow.v1.DecoderManifest;

/**
 * Multiply-accumulates of a decoder prefill, counted as FitPrune does: 4nd² + 2n²d + 3ndm in a
 * layer that n tokens enter, text and visual alike, without embedding and head.
 *
 * @param hidden d
 * @param intermediate m
 */
record PrefillWork(long hidden, long intermediate) {

  static PrefillWork of(DecoderManifest decoder) {
    return new PrefillWork(decoder.getHiddenSize(), decoder.getIntermediateSize());
  }

  double layer(long tokens) {
    double n = tokens;
    return 4 * n * hidden * hidden + 2 * n * n * hidden + 3 * n * hidden * intermediate;
  }

  /**
   * Remaining share, in (0, 1].
   *
   * @param entered tokens that entered each layer // [layers]
   * @param all tokens of the unpruned prompt
   */
  double share(int[] entered, int all) {
    double work = 0;
    for (int tokens : entered) {
      work += layer(tokens);
    }
    return work / (entered.length * layer(all));
  }

  /** The share that a prefill left, as the runtime counted. */
  double share(PrefillSummary summary) {
    return share(summary.entered(), summary.entered()[0]);
  }
}
