package io.winnow.pruner.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.winnow.tracing.StreamObservation;
import io.winnow.tracing.TimedSpans;
import io.winnow.tracing.TraceNames;
import io.winnow.tracing.TraceParent;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import java.util.LinkedHashMap;
import java.util.Map;

/** The spans of one Decide stream: the plan, and each verdict. */
final class DecideTrace extends StreamObservation<DecideRequest, DecideResponse> {

  private static final int PLAN = -1;

  private final TimedSpans spans;
  private final Context caller;
  private final Map<Integer, Span> open = new LinkedHashMap<>(); // by segment, or PLAN

  DecideTrace(Tracer tracer, Context caller) {
    this.spans = new TimedSpans(tracer);
    this.caller = caller;
  }

  @Override
  protected Context received(DecideRequest request) {
    long now = System.nanoTime();
    switch (request.getStepCase()) {
      case BEGIN -> {
        Context asking = TraceParent.read(request.getBegin().getTraceparent(), "", caller);
        Span span = spans.start(asking, TraceNames.PLAN, SpanKind.SERVER, now);
        open.putIfAbsent(PLAN, span);
        return Context.root().with(span);
      }
      case OBSERVATION -> {
        int segment = request.getObservation().getSegment();
        Span span = spans.start(caller, TraceNames.VERDICT, SpanKind.SERVER, now);
        span.setAttribute(TraceNames.SEGMENT_NUMBER, (long) segment);
        open.putIfAbsent(segment, span);
        return Context.root().with(span);
      }
      case OUTCOME, STEP_NOT_SET -> {
        return Context.root();
      }
    }
    throw new IllegalStateException("a step of no known kind: " + request.getStepCase());
  }

  @Override
  protected void sending(DecideResponse response) {
    switch (response.getStepCase()) {
      case PLAN -> {
        Span span = end(PLAN);
        span.setAttribute(TraceNames.METHOD, response.getPlan().getMethod());
        spans.end(span, System.nanoTime());
      }
      case VERDICT -> {
        Span span = end(response.getVerdict().getSegment());
        span.setAttribute(TraceNames.EXIT, response.getVerdict().getExit());
        spans.end(span, System.nanoTime());
      }
      case STEP_NOT_SET -> {}
    }
  }

  /** Takes an open span out, to be ended; one that records nothing if there is none. */
  private Span end(int key) {
    Span span = open.remove(key);
    return span == null ? Span.getInvalid() : span;
  }

  @Override
  protected void ended(String error) {
    long now = System.nanoTime();
    for (Span span : open.values()) {
      if (!error.isEmpty()) {
        TimedSpans.fail(span, error);
      }
      spans.end(span, now);
    }
    open.clear();
  }
}
