package io.winnow.pruner.calibration;

import io.winnow.pruner.planning.PrefillMacs;
import java.util.List;

/**
 * The mean of the samples, rounded to whole tokens.
 *
 * @param textTokens its text tokens
 * @param visualTokens its visual tokens
 */
record MeanPrompt(int textTokens, int visualTokens) {

  static MeanPrompt of(List<Sample> samples) {
    return new MeanPrompt(
        (int) Math.round(samples.stream().mapToInt(Sample::textTokens).average().orElseThrow()),
        (int) Math.round(samples.stream().mapToInt(Sample::visualTokens).average().orElseThrow()));
  }

  /**
   * MACs that a recipe leaves of this prompt's prefill, all tokens counted, in (0, 1].
   *
   * @param deleted visual tokens that each layer deletes // [layers]
   */
  double remainingShare(PrefillMacs macs, int[] deleted) {
    int[] entering = new int[deleted.length];
    int alive = visualTokens;
    for (int layer = 0; layer < entering.length; layer++) {
      entering[layer] = alive;
      alive = Math.max(0, alive - deleted[layer]);
    }
    return macs.remainingShare(textTokens, visualTokens, entering);
  }

  /** The same when all visual tokens are withdrawn before a layer. */
  double remainingShare(PrefillMacs macs, int layers, int withdrawLayer) {
    int[] deleted = new int[layers];
    deleted[withdrawLayer - 1] = visualTokens;
    return remainingShare(macs, deleted);
  }
}
