package io.winnow.runtime;

import java.util.Optional;

/**
 * What the decoder's last segment says about the next token. The arrays are not changed.
 *
 * @param candidateLogits highest logits, by (logit descending, id ascending) // [candidates]
 * @param candidateIds their token ids // [candidates]
 * @param logSumExp over the whole vocabulary
 * @param logits of the whole vocabulary, present if {@link Sampler#needsFullRow} // [vocabulary]
 */
public record LogitRow(
    float[] candidateLogits, int[] candidateIds, float logSumExp, Optional<float[]> logits) {

  public LogitRow {
    if (candidateLogits.length == 0 || candidateLogits.length != candidateIds.length) {
      throw new IllegalArgumentException(
          candidateLogits.length + " candidate logits for " + candidateIds.length + " ids");
    }
  }
}
