package io.winnow.decoder.calibration;

import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.streams.ConversationEndedException;

/** Takes what a calibration finds, at the speed of whoever wants it. */
public interface Findings {

  /** One layer's statistics of a prompt. */
  void attention(int sample, LayerAttention seen)
      throws ConversationEndedException, InterruptedException;

  /**
   * The logits in front of one token of an answer.
   *
   * @param withdrawLayer pictures were withdrawn before it; the number of layers for the full run
   * @param token number of the token
   * @param tokens how many are looked at
   * @param logits // [vocabulary]
   */
  void logits(int sample, int withdrawLayer, int token, int tokens, float[] logits)
      throws ConversationEndedException, InterruptedException;
}
