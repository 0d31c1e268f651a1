package io.winnow.runtime;

/**
 * Receives what happens to a generation, in order, never two calls at a time. Called on the
 * runtime's own threads: must return quickly and must not block. Exactly one terminal event ({@link
 * #onFinished} or {@link #onFailed}) comes, last. Events may come before {@link
 * DecoderRuntime#start} has returned, and a refusal on the thread that called it. A listener that
 * throws loses its generation, nobody else's.
 */
public interface GenerationListener {

  /**
   * The runtime has a place for the generation and will not refuse it for want of one. Only from a
   * runtime in another process, which cannot tell that before {@link DecoderRuntime#start} returns.
   */
  default void onQueued() {}

  /** The generation has left the queue; its first segment is about to run. */
  default void onPrefillStarted() {}

  /** A segment end that the plan names was reached. Answer with {@link Generation#resume}. */
  default void onSegmentEnd(SegmentEnd end) {}

  /** The prefill is complete. */
  default void onPrefilled(PrefillSummary summary) {}

  /**
   * What ran the generation was lost, and another takes it up: nothing is told again. Only from a
   * runtime of several.
   *
   * @param attempt 1 for the first time
   * @param replayedTokens tokens of the answer that are computed again
   * @param lost how it was lost
   */
  default void onFailedOver(int attempt, int replayedTokens, RuntimeFailure lost) {}

  /** A token was sampled, the end-of-sequence token included. */
  void onToken(SampledToken token);

  /** Terminal: the generation ended by itself. */
  void onFinished(FinishCause cause);

  /** Terminal: the generation failed, was refused or was closed. */
  void onFailed(RuntimeFailure failure);
}
