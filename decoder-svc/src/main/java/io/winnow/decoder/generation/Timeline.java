package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.runtime.PrefillSummary;
import io.winnow.v1.EncodeTimings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Collects where an answer's time goes. Not thread-safe: lives in a mailbox. */
final class Timeline {

  private final Timers timers;
  private final AnswerTelemetry telemetry;
  private final long received;
  private Duration preprocess = Duration.ZERO;
  private Duration encode = Duration.ZERO;
  private Duration wire = Duration.ZERO;
  private Duration decide = Duration.ZERO;
  private Optional<PrefillSummary> prefill = Optional.empty();
  private long askedForPlan;
  private long firstToken;
  private long lastToken;
  private int tokens;

  Timeline(Timers timers) {
    this(timers, AnswerTelemetry.NONE);
  }

  /** A timeline of an answer that somebody listens to. */
  Timeline(Timers timers, AnswerTelemetry telemetry) {
    this.timers = timers;
    this.telemetry = telemetry;
    this.received = timers.nanoTime();
  }

  Timers timers() {
    return timers;
  }

  /** Who hears what happens. */
  AnswerTelemetry telemetry() {
    return telemetry;
  }

  long now() {
    return timers.nanoTime();
  }

  /** What is left of a time that began with the request. */
  Duration remaining(Duration timeout) {
    return timeout.minusNanos(now() - received);
  }

  /** The moment that a time since the request means. */
  long at(Duration sinceReceived) {
    return received + sinceReceived.toNanos();
  }

  /** Time since the request. */
  Duration sinceReceived() {
    return Duration.ofNanos(now() - received);
  }

  void encoded(EncodeTimings timings, long sentAt) {
    preprocess = preprocess.plus(micros(timings.getPreprocessMicros()));
    encode = encode.plus(micros(timings.getEncodeMicros()));
    long busy =
        timings.getQueueMicros() + timings.getPreprocessMicros() + timings.getEncodeMicros();
    Duration onWire = Duration.ofNanos(now() - sentAt).minus(micros(busy));
    wire = wire.plus(onWire.isNegative() ? Duration.ZERO : onWire);
  }

  void fetched(long askedAt) {
    wire = wire.plusNanos(now() - askedAt);
  }

  void askedForPlan() {
    askedForPlan = now();
    telemetry.on(new AnswerEvent.PlanAsked(askedForPlan));
  }

  void planned(AnswerPlan plan, boolean byPruner) {
    decide = Duration.ofNanos(now() - askedForPlan);
    telemetry.on(plan.event(now(), byPruner));
  }

  void prefilled(PrefillSummary summary) {
    prefill = Optional.of(summary);
  }

  /** Whether the prefill is complete. */
  boolean isPrefilled() {
    return prefill.isPresent();
  }

  void token() {
    lastToken = now();
    telemetry.on(new AnswerEvent.Token(lastToken));
    if (tokens == 0) {
      firstToken = lastToken;
    }
    tokens++;
  }

  int tokens() {
    return tokens;
  }

  /** Visual tokens that entered each layer; empty before the prefill is complete. */
  int[] visualEntered() {
    return prefill.map(PrefillSummary::visualEntered).orElse(new int[0]);
  }

  /** Visual rows that were left after each segment, where that was asked for. */
  List<int[]> survivors() {
    return prefill.map(PrefillSummary::survivors).orElse(List.of());
  }

  int imageTokensKept() {
    return (int) Math.round(Arrays.stream(visualEntered()).average().orElse(0));
  }

  AnswerSummary.Timings timings() {
    return new AnswerSummary.Timings(
        Duration.ZERO,
        preprocess,
        encode,
        wire,
        decide,
        prefill.map(PrefillSummary::total).orElse(Duration.ZERO),
        tokens == 0 ? Duration.ZERO : Duration.ofNanos(firstToken - received),
        tokens < 2 ? Duration.ZERO : Duration.ofNanos((lastToken - firstToken) / (tokens - 1)));
  }

  static Duration micros(long micros) {
    return Duration.ofNanos(micros * 1_000);
  }
}
