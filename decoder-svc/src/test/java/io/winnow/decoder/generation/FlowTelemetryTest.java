package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RecordingTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.RequestOrigin.Edge;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.Plan;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the flow tells of itself. */
class FlowTelemetryTest {

  private final FlowFixture fixture = new FlowFixture();
  private final RecordingTelemetry heard = new RecordingTelemetry();

  @Test
  void tellsTheLifeOfAnAnswerInOrder() {
    answer(ask(picture(1), text("ab")).request());

    assertThat(heard.kinds())
        .containsExactly(
            "Prepared",
            "EncodeOpened",
            "Encoded",
            "PlanAsked",
            "Planned",
            "FetchOpened",
            "Fetched",
            "Submitted",
            "PrefillStarted",
            "Prefilled",
            "Token",
            "Token",
            "Token",
            "Token",
            "ReaderWaited",
            "Finished");
  }

  @Test
  void tellsWhatEachStageDid() {
    answer(ask(picture(1), text("ab")).request());

    AnswerEvent.Prepared prepared = only(AnswerEvent.Prepared.class);
    assertThat(prepared.model()).isEqualTo("fake");
    assertThat(prepared.pictures()).isEqualTo(1);
    assertThat(prepared.imageTokens()).isEqualTo(4);
    assertThat(only(AnswerEvent.EncodeOpened.class).bytes()).isEqualTo(3);
    AnswerEvent.Encoded encoded = only(AnswerEvent.Encoded.class);
    assertThat(encoded.tokens()).isEqualTo(4);
    assertThat(encoded.preprocess()).isEqualTo(Duration.ofMillis(2));
    assertThat(encoded.encode()).isEqualTo(Duration.ofMillis(3));
    AnswerEvent.Planned planned = only(AnswerEvent.Planned.class);
    assertThat(planned.byPruner()).isTrue();
    assertThat(planned.method()).isEqualTo("none");
    assertThat(planned.fetched()).isEqualTo(4);
    assertThat(only(AnswerEvent.FetchOpened.class).tokens()).isEqualTo(4);
    assertThat(only(AnswerEvent.Fetched.class).bytes()).isEqualTo(4 * 2 * Float.BYTES);
    AnswerEvent.Prefilled prefilled = only(AnswerEvent.Prefilled.class);
    assertThat(prefilled.macs()).isEqualTo(prefilled.macsUnpruned()).isPositive();
  }

  @Test
  void placesTheSegmentsOnItsOwnClock() {
    answer(ask(picture(1), text("ab")).request());

    List<AnswerEvent.Segment> segments = only(AnswerEvent.Prefilled.class).segments();
    long begun = only(AnswerEvent.PrefillStarted.class).at();
    assertThat(segments).hasSize(4);
    for (int i = 0; i < 4; i++) {
      AnswerEvent.Segment segment = segments.get(i);
      assertThat(segment.number()).isEqualTo(i);
      assertThat(segment.firstLayer()).isEqualTo(2 * i);
      assertThat(segment.layers()).isEqualTo(2);
      assertThat(segment.begin()).isEqualTo(begun + i * FakeDecoderRuntime.SEGMENT.toNanos());
      assertThat(segment.end()).isEqualTo(segment.begin() + FakeDecoderRuntime.SEGMENT.toNanos());
      assertThat(segment.visualIn()).isEqualTo(4);
    }
    assertThat(segments.stream().mapToDouble(AnswerEvent.Segment::macs).sum())
        .isEqualTo(only(AnswerEvent.Prefilled.class).macs());
  }

  @Test
  void sendsTheContextOfEachCallWithIt() {
    answer(ask(picture(1), picture(2), text("ab")).request());

    assertThat(fixture.encoder.encodings)
        .extracting(encoding -> encoding.trace.traceparent())
        .containsExactly("ENCODE-0", "ENCODE-1");
    assertThat(fixture.pruner.last().trace.traceparent()).isEqualTo("REQUEST-0");
    assertThat(fixture.pruner.last().begin.getTraceparent()).isEqualTo("DECIDE-0");
    assertThat(fixture.encoder.encodings)
        .extracting(encoding -> encoding.fetchTrace.traceparent())
        .containsExactly("FETCH-0", "FETCH-1");
  }

  @Test
  void tellsOfObservationsAndVerdicts() {
    fixture.pruner.plan = asking(false, 1);
    fixture.pruner.exits = true;
    answer(ask(picture(1)).request());

    assertThat(only(AnswerEvent.Observed.class).visualTokens()).isEqualTo(4);
    AnswerEvent.Decided decided = only(AnswerEvent.Decided.class);
    assertThat(decided.segment()).isEqualTo(1);
    assertThat(decided.exit()).isTrue();
    assertThat(decided.byPruner()).isTrue();
    AnswerEvent.VerdictSettled settled = only(AnswerEvent.VerdictSettled.class);
    assertThat(settled.needed()).isEqualTo(only(AnswerEvent.Observed.class).at());
    assertThat(settled.at()).isEqualTo(decided.at());
    assertThat(settled.question())
        .isEqualTo(
            only(AnswerEvent.Finished.class)
                .summary()
                .reduction()
                .exit()
                .orElseThrow()
                .questions()
                .get(0));
  }

  @Test
  void tellsOfVerdictsThatNeverCame() {
    fixture.pruner.plan = asking(false, 1);
    fixture.pruner.withholdsVerdicts = true;
    answer(ask(picture(1)).request());

    AnswerEvent.VerdictSettled settled = only(AnswerEvent.VerdictSettled.class);
    assertThat(settled.at()).isEqualTo(settled.needed());
    assertThat(settled.question().effect()).isEqualTo(ExitReport.Effect.MISSING);
  }

  @Test
  void tellsOfTheVerdictsOfAnAnswerThatIsCancelled() {
    fixture.pruner.plan = asking(true, 0, 1);
    fixture.pruner.exitsAt.add(1);
    ActiveAnswer answer = begin(ask(picture(1)).request());
    answer.request(1);
    fixture.simulation.settle(); // the prefill is complete, the answer is not
    answer.cancel();
    fixture.simulation.settle();

    assertThat(heard.kinds())
        .endsWith("VerdictSettled", "VerdictSettled", "ReaderWaited", "Failed");
    ExitReport.Question kept = heard.of(AnswerEvent.VerdictSettled.class).get(0).question();
    assertThat(kept.effect()).isEqualTo(ExitReport.Effect.KEPT);
    assertThat(kept.verdict().orElseThrow().margin()).isEqualTo(-1);
    ExitReport.Question exited = heard.of(AnswerEvent.VerdictSettled.class).get(1).question();
    assertThat(exited.effect()).isEqualTo(ExitReport.Effect.EXITED);
    assertThat(exited.verdict().orElseThrow().margin()).isEqualTo(2.5f);
    assertThat(exited.appliedLayer()).hasValue(3);
  }

  @Test
  void tellsOfTheVerdictsOfAPrefillThatIsNeverComplete() {
    fixture.pruner.plan = asking(true, 0, 1, 2);
    fixture.pruner.withholdsVerdicts = true;
    ActiveAnswer answer = answer(ask(picture(1)).request()); // waits behind segment 0
    fixture.pruner.last().say(0, true);
    answer.cancel(); // before the next segment has begun
    fixture.simulation.settle();

    AnswerEvent.VerdictSettled settled = only(AnswerEvent.VerdictSettled.class);
    assertThat(settled.question().effect()).isEqualTo(ExitReport.Effect.UNKNOWN);
    assertThat(settled.question().verdict().orElseThrow().margin()).isEqualTo(2.5f);
    assertThat(settled.question().appliedLayer()).isEmpty();
    assertThat(only(AnswerEvent.Failed.class).failure().reason()).isEqualTo(Reason.CANCELLED);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void tellsOfTheQuestionsOfAPrefillThatFails() {
    fixture.pruner.plan = asking(true, 0, 1, 2);
    fixture.pruner.withholdsVerdicts = true;
    answer(ask(picture(1)).timeout(Duration.ofMillis(400)).request());
    fixture.simulation.advance(Duration.ofMillis(400)); // sooner than the verdict is given up

    AnswerEvent.VerdictSettled settled = only(AnswerEvent.VerdictSettled.class);
    assertThat(settled.question().effect()).isEqualTo(ExitReport.Effect.MISSING);
    assertThat(only(AnswerEvent.Failed.class).failure().reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void saysWhenThePlanIsNotThePruners() {
    fixture.pruner.failure = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "away"));
    answer(ask(picture(1)).request());

    assertThat(only(AnswerEvent.Planned.class).byPruner()).isFalse();
    assertThat(only(AnswerEvent.Planned.class).reason()).contains("pruner-svc failed");
  }

  @Test
  void tellsOfAFailedEncoding() {
    fixture.encoder.failsToEncode = Optional.of(ChatFailure.of(Reason.OVERLOADED, "full"));
    answer(ask(picture(1)).request());

    assertThat(heard.kinds()).endsWith("EncodeOpened", "Failed");
    assertThat(only(AnswerEvent.Failed.class).failure().reason()).isEqualTo(Reason.OVERLOADED);
  }

  @Test
  void tellsOfACancellation() {
    fixture.encoder.silent = true;
    ActiveAnswer answer = answer(ask(picture(1)).request());
    answer.cancel();
    fixture.simulation.settle();

    assertThat(only(AnswerEvent.Failed.class).failure().reason()).isEqualTo(Reason.CANCELLED);
  }

  @Test
  void tellsOfARefusalBeforeAnyWork() {
    fixture.encoder.silent = true;
    for (int i = 0; i <= FlowFixture.LIMITS.maxAnswers(); i++) {
      answer(ask(text("a"), picture(1)).request());
    }

    assertThat(only(AnswerEvent.Failed.class).failure().reason()).isEqualTo(Reason.OVERLOADED);
  }

  private static Plan asking(boolean blocking, Integer... segments) {
    return Plan.newBuilder()
        .setMethod("dyvte")
        .setFlopsRatio(1)
        .addAllObserveSegments(List.of(segments))
        .setBlocking(blocking)
        .build();
  }

  private ActiveAnswer answer(ChatRequest request) {
    ActiveAnswer answer = begin(request);
    answer.request(1_000);
    fixture.simulation.settle();
    return answer;
  }

  private ActiveAnswer begin(ChatRequest request) {
    AnswerTelemetry telemetry =
        TelemetrySource.all(List.of(heard))
            .begin(
                new RequestOrigin(
                    request.id(), Edge.GRPC, TraceContext.NONE, fixture.simulation.nanoTime()));
    return fixture.flow.answer(request, fixture.listener, telemetry);
  }

  private <E extends AnswerEvent> E only(Class<E> kind) {
    assertThat(heard.of(kind)).hasSize(1);
    return heard.of(kind).get(0);
  }
}
