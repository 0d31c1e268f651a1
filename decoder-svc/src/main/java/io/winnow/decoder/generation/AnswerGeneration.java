package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary.Finish;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One answer's generation by the runtime: deltas allowed by the reader become the runtime's credit,
 * and a reader that allows none for too long ends it. Lives in a mailbox.
 */
final class AnswerGeneration implements GenerationListener {

  private final Executor mailbox;
  private final Timeline timeline;
  private final AnswerOutput output;
  private final Duration patience;
  private final StallWatch stallWatch;
  private final Events events;
  private volatile long prefillBegun;
  private @Nullable Generation generation;
  private @Nullable Finish finish; // set once no token follows

  /** What becomes of the generation; called in the mailbox. */
  interface Events {

    /** The first token is there; its text follows. */
    void started();

    /** The prefill is complete. */
    void prefilled(Prefilled prefilled);

    /** The plan wants to hear of this. */
    void segmentEnded(SegmentEnd end);

    /** The reader has all of the text. */
    void concluded(Finish finish);

    /** There is no more text. */
    void generationFailed(ChatFailure failure);
  }

  AnswerGeneration(
      Executor mailbox, Timeline timeline, AnswerOutput output, Duration patience, Events events) {
    this.mailbox = mailbox;
    this.timeline = timeline;
    this.output = output;
    this.patience = patience;
    this.events = events;
    this.stallWatch =
        new StallWatch(timeline.timers(), patience, () -> mailbox.execute(this::checkReader));
  }

  void start(DecoderRuntime runtime, GenerationRequest request) {
    generation = runtime.start(request, this);
  }

  /** The reader takes further deltas. */
  void allow(int deltas) {
    int added = output.allow(deltas);
    if (finish != null) {
      conclude(finish);
    } else if (added > 0 && generation != null) {
      generation.decode(added);
      watchReader();
    }
  }

  void resume(int segment, boolean exit) {
    if (generation != null) {
      generation.resume(segment, exit);
    }
  }

  /** Frees its slot; there may be late events. */
  void close() {
    stallWatch.stop();
    timeline.telemetry().on(new AnswerEvent.ReaderWaited(timeline.now(), stallWatch.waited()));
    if (generation != null) {
      generation.close();
    }
  }

  @Override
  public void onPrefillStarted() {
    long begun = timeline.now();
    prefillBegun = begun;
    mailbox.execute(
        () -> {
          timeline.telemetry().on(new AnswerEvent.PrefillStarted(begun));
          watchReader();
        });
  }

  @Override
  public void onSegmentEnd(SegmentEnd end) {
    mailbox.execute(() -> events.segmentEnded(end));
  }

  @Override
  public void onPrefilled(PrefillSummary summary) {
    long at = timeline.now();
    mailbox.execute(() -> events.prefilled(new Prefilled(summary, prefillBegun, at)));
  }

  @Override
  public void onFailedOver(int attempt, int replayedTokens, RuntimeFailure lost) {
    String reason = lost.kind().name().toLowerCase(Locale.ROOT);
    AnswerEvent event = new AnswerEvent.FailedOver(timeline.now(), attempt, replayedTokens, reason);
    mailbox.execute(() -> timeline.telemetry().on(event));
  }

  @Override
  public void onToken(SampledToken token) {
    mailbox.execute(() -> take(token));
  }

  @Override
  public void onFinished(FinishCause cause) {
    Finish how =
        switch (cause) {
          case END_OF_SEQUENCE -> Finish.STOP;
          case LENGTH -> Finish.LENGTH;
        };
    mailbox.execute(() -> conclude(how));
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    Reason reason =
        switch (failure.kind()) {
          case RESOURCE_EXHAUSTED -> Reason.OVERLOADED;
          case CANCELLED -> Reason.CANCELLED;
          case UNAVAILABLE -> Reason.UNAVAILABLE;
          case INTERNAL -> Reason.INTERNAL;
        };
    mailbox.execute(() -> events.generationFailed(ChatFailure.of(reason, failure.message())));
  }

  private void take(SampledToken token) {
    if (finish != null) {
      return; // sampled before the runtime heard of the stop string
    }
    timeline.token();
    if (timeline.tokens() == 1) {
      events.started();
    }
    boolean written = output.accept(token);
    if (output.stopped()) {
      conclude(Finish.STOP);
      return;
    }
    if (!written && generation != null) {
      generation.decode(1);
    }
    watchReader();
  }

  /** No token follows; it is over as soon as the reader takes the rest of the text. */
  private void conclude(Finish how) {
    finish = how;
    if (output.end()) {
      events.concluded(how);
    } else {
      watchReader();
    }
  }

  private void watchReader() {
    if (output.allowed() == 0) {
      stallWatch.waiting();
    } else {
      stallWatch.moving();
    }
  }

  private void checkReader() {
    if (stallWatch.check()) {
      String message = "the reader took nothing of the answer for %d s, so it was cancelled";
      events.generationFailed(
          ChatFailure.of(Reason.TIMEOUT, message.formatted(patience.toSeconds())));
    }
  }

  /** A complete prefill, and when it began and ended here. */
  record Prefilled(PrefillSummary summary, long begunNanos, long endedNanos) {}
}
