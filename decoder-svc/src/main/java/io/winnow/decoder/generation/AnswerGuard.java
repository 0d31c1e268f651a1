package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;

/**
 * Keeps the promises of {@link AnswerListener} whatever its callers do: one call at a time, started
 * before the first delta, exactly one terminal event and nothing after it. Thread-safe.
 */
final class AnswerGuard implements AnswerListener {

  private final AnswerListener listener;
  private Phase phase = Phase.WAITING;

  AnswerGuard(AnswerListener listener) {
    this.listener = listener;
  }

  @Override
  public synchronized void onStarted(AnswerStarted started) {
    if (phase == Phase.WAITING) {
      phase = Phase.STARTED;
      listener.onStarted(started);
    }
  }

  @Override
  public synchronized void onDelta(AnswerDelta delta) {
    if (phase == Phase.WAITING) {
      throw new IllegalStateException("a delta before the answer started");
    }
    if (phase == Phase.STARTED) {
      listener.onDelta(delta);
    }
  }

  @Override
  public synchronized void onFinished(AnswerSummary summary) {
    if (phase == Phase.WAITING) {
      throw new IllegalStateException("an answer finished before it started");
    }
    if (phase == Phase.STARTED) {
      phase = Phase.ENDED;
      listener.onFinished(summary);
    }
  }

  @Override
  public synchronized void onFailed(ChatFailure failure) {
    if (phase != Phase.ENDED) {
      phase = Phase.ENDED;
      listener.onFailed(failure);
    }
  }

  private enum Phase {
    WAITING,
    STARTED,
    ENDED
  }
}
