package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Notes what it is told and objects to what the contract forbids. */
final class RecordingListener implements AnswerListener {

  final List<AnswerDelta> deltas = new ArrayList<>();
  AnswerStarted started;
  AnswerSummary summary;
  ChatFailure failure;
  private int terminals;

  @Override
  public void onStarted(AnswerStarted started) {
    check(this.started == null && terminals == 0, "started");
    this.started = started;
  }

  @Override
  public void onDelta(AnswerDelta delta) {
    check(started != null && terminals == 0, "delta");
    deltas.add(delta);
  }

  @Override
  public void onFinished(AnswerSummary summary) {
    check(started != null && terminals++ == 0, "finished");
    this.summary = summary;
  }

  @Override
  public void onFailed(ChatFailure failure) {
    check(terminals++ == 0, "failed");
    this.failure = failure;
  }

  boolean ended() {
    return terminals == 1;
  }

  String text() {
    return deltas.stream().map(AnswerDelta::text).collect(Collectors.joining());
  }

  private static void check(boolean allowed, String event) {
    if (!allowed) {
      throw new AssertionError(event + " out of order");
    }
  }
}
