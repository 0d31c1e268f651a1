package io.winnow.decoder.chat;

/**
 * Receives an answer, in order, never two calls at a time, on the service's threads: must not
 * block. One {@link #onStarted} before the first delta; exactly one terminal event ({@link
 * #onFinished} or {@link #onFailed}), last.
 */
public interface AnswerListener {

  /** The first token is at hand. */
  void onStarted(AnswerStarted started);

  /** New text. */
  void onDelta(AnswerDelta delta);

  /** Terminal: the answer is complete. */
  void onFinished(AnswerSummary summary);

  /** Terminal: it failed, before or after the first token. */
  void onFailed(ChatFailure failure);
}
