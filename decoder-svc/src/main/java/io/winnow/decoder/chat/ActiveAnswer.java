package io.winnow.decoder.chat;

/** An answer under way. Thread-safe; calls after the terminal event have no effect. */
public interface ActiveAnswer {

  /**
   * Allows that many further {@link AnswerListener#onDelta} events; an answer begins with none
   * allowed.
   */
  void request(int deltas);

  /**
   * Stops the answer at every hop; the listener gets {@link ChatFailure.Reason#CANCELLED} unless it
   * ended before.
   */
  void cancel();
}
