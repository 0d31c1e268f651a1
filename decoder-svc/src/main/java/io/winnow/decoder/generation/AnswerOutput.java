package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.runtime.SampledToken;
import java.util.List;

/**
 * Turns tokens into deltas, as many as the reader allows. Every token is asked of the runtime only
 * when a delta for it is allowed, so nothing piles up here. Lives in a mailbox.
 */
final class AnswerOutput {

  /** More than any answer has tokens; keeps sums of credits far from overflow. */
  private static final int MAX_ALLOWED = 1 << 29;

  private final AnsweringModel model;
  private final ModelText.AnswerText text;
  private final AnswerListener listener;
  private final boolean logprobs;
  private int allowed;
  private String heldBack = "";

  AnswerOutput(
      AnsweringModel model, ModelText.AnswerText text, AnswerListener listener, boolean logprobs) {
    this.model = model;
    this.text = text;
    this.listener = listener;
    this.logprobs = logprobs;
  }

  /**
   * Allows further deltas.
   *
   * @return how many of them are new
   */
  int allow(int deltas) {
    int added = Math.min(deltas, MAX_ALLOWED - allowed);
    allowed += added;
    return added;
  }

  int allowed() {
    return allowed;
  }

  /**
   * Takes a token.
   *
   * @return whether it became a delta; otherwise one more token is due
   */
  boolean accept(SampledToken token) {
    if (model.endsAnswer(token.id())) {
      return false;
    }
    String piece = text.accept(token.id());
    if (piece.isEmpty() && !logprobs) {
      return false;
    }
    emit(new AnswerDelta(piece, logprobs ? List.of(logprob(token)) : List.of()));
    return true;
  }

  /** Whether a stop string was met: nothing follows. */
  boolean stopped() {
    return text.stopped();
  }

  /**
   * Gives out the text that was held back: no token follows.
   *
   * @return false if that needs a further delta to be allowed: call again then
   */
  boolean end() {
    heldBack += text.flush();
    if (heldBack.isEmpty()) {
      return true;
    }
    if (allowed == 0) {
      return false;
    }
    emit(new AnswerDelta(heldBack, List.of()));
    heldBack = "";
    return true;
  }

  private void emit(AnswerDelta delta) {
    allowed--;
    listener.onDelta(delta);
  }

  private TokenLogprob logprob(SampledToken token) {
    return new TokenLogprob(
        token.id(),
        model.text().tokenText(token.id()),
        token.logprob(),
        token.top().stream()
            .map(
                top ->
                    new TokenLogprob(
                        top.id(), model.text().tokenText(top.id()), top.logprob(), List.of()))
            .toList());
  }
}
