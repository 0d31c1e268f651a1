package io.winnow.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.concurrent.TimeUnit;

/** Makes the spans of one request, with times on the clock of {@link System#nanoTime}. */
public final class TimedSpans {

  private final Tracer tracer;
  private final SpanClock clock = SpanClock.now();

  public TimedSpans(Tracer tracer) {
    this.tracer = tracer;
  }

  public Span start(Context parent, String name, SpanKind kind, long at) {
    return tracer
        .spanBuilder(name)
        .setSpanKind(kind)
        .setParent(parent)
        .setStartTimestamp(epochNanos(at), TimeUnit.NANOSECONDS)
        .startSpan();
  }

  public Span start(Span parent, String name, SpanKind kind, long at) {
    return start(Context.root().with(parent), name, kind, at);
  }

  /** A whole span. */
  public Span past(Span parent, String name, long since, long at) {
    Span span = start(parent, name, SpanKind.INTERNAL, since);
    end(span, at);
    return span;
  }

  public void end(Span span, long at) {
    span.end(epochNanos(at), TimeUnit.NANOSECONDS);
  }

  /** Marks a span as failed; it still has to end. */
  public static void fail(Span span, String errorType) {
    span.setStatus(StatusCode.ERROR);
    span.setAttribute(TraceNames.ERROR_TYPE, errorType);
  }

  /** Nanoseconds since the epoch. */
  public long epochNanos(long at) {
    return clock.epochNanos(at);
  }
}
