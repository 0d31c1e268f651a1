package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.RequestOrigin.Edge;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.decoder.tracing.AnswerTraces;
import io.winnow.decoder.tracing.CollectedSpans;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.tracing.TraceNames;
import io.winnow.v1.Plan;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The spans of answers, well and ill. */
class FlowTracesTest {

  private static final TraceContext CALLER =
      new TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "vendor=1");

  private final FlowFixture fixture = new FlowFixture();
  private final CollectedSpans spans = new CollectedSpans();
  private boolean content;

  @Test
  void oneRequestIsOneTraceBelowItsCaller() {
    answer(ask(picture(1), text("ab")).request());

    assertThat(spans.all())
        .allMatch(span -> span.getTraceId().equals("4bf92f3577b34da6a3ce929d0e0e4736"));
    assertThat(spans.root().getParentSpanId()).isEqualTo("00f067aa0ba902b7");
    assertThat(spans.root().getName()).isEqualTo("chat fake");
    assertThat(spans.names())
        .contains("parse request", "prepare prompt", "encode picture", "decide", "wire")
        .contains("decoder queue", "prefill", "first token", "decode");
    assertThat(spans.all()).allMatch(SpanData::hasEnded);
    assertThat(spans.failed()).isEmpty();
  }

  @Test
  void callsCarryTheSpanThatTheyBelongTo() {
    answer(ask(picture(1), text("ab")).request());

    assertThat(fixture.encoder.encodings.get(0).trace.traceparent())
        .contains(spans.only("encode picture").getSpanId());
    assertThat(fixture.encoder.encodings.get(0).fetchTrace.traceparent())
        .contains(spans.only("wire").getSpanId());
    assertThat(fixture.pruner.last().begin.getTraceparent())
        .contains(spans.only("decide").getSpanId());
    assertThat(fixture.runtime.last().request.traceparent().orElseThrow())
        .contains(spans.only("decoder queue").getSpanId());
  }

  @Test
  void segmentsSayTheirLayersTokensAndFlops() {
    answer(ask(picture(1), text("ab")).request());

    List<SpanData> segments = spans.named("prefill segment");
    assertThat(segments).hasSize(4);
    double flops = 0;
    for (SpanData segment : segments) {
      assertThat(segment.getParentSpanId()).isEqualTo(spans.only("prefill").getSpanId());
      assertThat(segment.getAttributes().get(TraceNames.LAYERS)).isEqualTo(2);
      assertThat(segment.getAttributes().get(TraceNames.VISUAL_IN)).isEqualTo(4);
      flops += segment.getAttributes().get(TraceNames.FLOPS);
    }
    assertThat(flops).isEqualTo(spans.only("prefill").getAttributes().get(TraceNames.FLOPS));
  }

  @Test
  void verdictsAreEventsOfTheRequest() {
    fixture.pruner.plan =
        Plan.newBuilder().setMethod("dyvte").setFlopsRatio(1).addObserveSegments(1).build();
    fixture.pruner.exits = true;
    answer(ask(picture(1)).request());

    assertThat(spans.root().getEvents())
        .extracting(EventData::getName)
        .containsExactly("observation", "verdict", "verdict effect");
    assertThat(spans.root().getEvents().get(1).getAttributes().get(TraceNames.EXIT)).isTrue();
    Attributes effect = spans.root().getEvents().get(2).getAttributes();
    assertThat(effect.get(TraceNames.LAYER)).isEqualTo(3); // the last of segment 1
    assertThat(effect.get(TraceNames.MARGIN)).isEqualTo(2.5);
    assertThat(effect.get(TraceNames.LATENESS)).isNotNegative();
  }

  @Test
  void marginsAreOnTheTraceOfAnAnswerThatFailsToo() {
    fixture.pruner.plan =
        Plan.newBuilder().setMethod("dyvte").setFlopsRatio(1).addObserveSegments(1).build();
    fixture.runtime.failAt(1, RuntimeFailure.Kind.INTERNAL, "broken");
    answer(ask(picture(1)).request());

    EventData last = spans.root().getEvents().get(spans.root().getEvents().size() - 1);
    assertThat(last.getName()).isEqualTo("verdict effect");
    assertThat(last.getAttributes().get(TraceNames.EFFECT)).isEqualTo("kept");
    assertThat(last.getAttributes().get(TraceNames.MARGIN)).isEqualTo(-1.0);
    assertThat(spans.failed()).contains("chat fake");
  }

  @Test
  void aPictureThatIsSentAgainIsAnEventOfItsSpan() {
    fixture.encoder.failsToEncode = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "gone"));
    fixture.encoder.encodingsThatFail = 1;
    answer(ask(picture(1)).request());

    assertThat(spans.only("encode picture").getEvents())
        .extracting(EventData::getName)
        .containsExactly("retry");
    assertThat(spans.failed()).isEmpty();
    assertThat(fixture.encoder.encodings)
        .extracting(encoding -> encoding.trace.traceparent())
        .allMatch(header -> header.contains(spans.only("encode picture").getSpanId()))
        .hasSize(2);
  }

  @Test
  void aFailOverIsAnEventAndThePrefillGoesOn() {
    AnswerTelemetry telemetry = begin(ask(picture(1)).request());
    telemetry.on(new AnswerEvent.Submitted(1));
    telemetry.on(new AnswerEvent.PrefillStarted(2));
    telemetry.on(new AnswerEvent.FailedOver(3, 1, 0, "unavailable"));
    telemetry.on(
        new AnswerEvent.Prefilled(
            9,
            List.of(new AnswerEvent.Segment(0, 0, 2, 4, 8, 5, 5, 4, 4, 1)),
            Duration.ZERO,
            1,
            1));
    telemetry.on(new AnswerEvent.Failed(10, ChatFailure.of(Reason.CANCELLED, "enough")));

    assertThat(spans.root().getEvents())
        .extracting(EventData::getName)
        .containsExactly("fail-over");
    assertThat(spans.only("prefill segment").getParentSpanId())
        .isEqualTo(spans.only("prefill").getSpanId());
  }

  @Test
  void wordsAreNotRecorded() {
    answer(ask(picture(1), text("secret")).request());

    assertThat(spans.root().getAttributes().get(TraceNames.INPUT_MESSAGES)).isNull();
    assertThat(spans.all().toString()).doesNotContain("secret");
  }

  @Test
  void wordsAreRecordedWhereThatIsSwitchedOn() {
    content = true;
    answer(ask(picture(1), text("secret")).request());
    assertThat(spans.root().getAttributes().get(TraceNames.INPUT_MESSAGES))
        .isEqualTo(
            "[{\"role\":\"user\",\"parts\":[{\"type\":\"image\"},"
                + "{\"type\":\"text\",\"content\":\"secret\"}]}]");
  }

  @Test
  void aFailedEncodingFailsItsSpanAndTheRequest() {
    fixture.encoder.failsToEncode = Optional.of(ChatFailure.of(Reason.OVERLOADED, "full"));
    answer(ask(picture(1)).request());

    assertThat(spans.failed()).containsExactlyInAnyOrder("encode picture", "chat fake");
    assertThat(spans.root().getAttributes().get(TraceNames.ERROR_TYPE)).isEqualTo("overloaded");
    assertThat(spans.root().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
  }

  @Test
  void aCancelledRequestEndsItsOpenSpans() {
    fixture.encoder.silent = true;
    ActiveAnswer answer = answer(ask(picture(1)).request());
    answer.cancel();
    fixture.simulation.settle();

    assertThat(spans.failed()).containsExactlyInAnyOrder("encode picture", "chat fake");
    assertThat(spans.root().getAttributes().get(TraceNames.ERROR_TYPE)).isEqualTo("cancelled");
  }

  @Test
  void aPrunerThatIsAwayFailsOnlyTheDecision() {
    fixture.pruner.failure = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "away"));
    answer(ask(picture(1)).request());

    assertThat(spans.failed()).containsExactly("decide");
    assertThat(spans.only("decide").getAttributes().get(TraceNames.ERROR_TYPE))
        .isEqualTo("pruner_lost");
  }

  @Test
  void aRuntimeThatFailsWhileItGeneratesFailsTheDecoding() {
    fixture.runtime.failAt(1, RuntimeFailure.Kind.INTERNAL, "broken");
    answer(ask(picture(1)).request());

    assertThat(spans.failed()).containsExactlyInAnyOrder("decode", "chat fake");
  }

  private ActiveAnswer answer(ChatRequest request) {
    AnswerTelemetry telemetry = begin(request);
    telemetry.on(new AnswerEvent.Accepted(fixture.simulation.nanoTime(), request));
    ActiveAnswer answer = fixture.flow.answer(request, fixture.listener, telemetry);
    answer.request(1_000);
    fixture.simulation.settle();
    return answer;
  }

  private AnswerTelemetry begin(ChatRequest request) {
    long now = fixture.simulation.nanoTime();
    return TelemetrySource.all(List.of(new AnswerTraces(spans.tracer(), content)))
        .begin(new RequestOrigin(request.id(), Edge.GRPC, CALLER, now));
  }
}
