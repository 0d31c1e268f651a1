package io.winnow.decoder.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.tracing.TimedSpans;
import io.winnow.tracing.TraceNames;
import io.winnow.tracing.TraceParent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The spans of one request: a root, and what is open below it, by key. Not thread-safe. */
final class SpanTree {

  private final TimedSpans spans;
  private final Span root;
  private final Map<String, Span> open = new LinkedHashMap<>();

  /** Opens the root, below the caller's span. */
  SpanTree(Tracer tracer, RequestOrigin origin) {
    spans = new TimedSpans(tracer);
    TraceContext caller = origin.trace();
    Context parent = TraceParent.read(caller.traceparent(), caller.tracestate(), Context.root());
    root = spans.start(parent, TraceNames.CHAT, SpanKind.SERVER, origin.receivedNanos());
  }

  Span root() {
    return root;
  }

  TimedSpans spans() {
    return spans;
  }

  /** Opens a span below the root. */
  Span open(String key, String name, SpanKind kind, long at) {
    Span span = spans.start(root, name, kind, at);
    open.put(key, span);
    return span;
  }

  /** The open span of this key; one that records nothing if there is none. */
  Span get(String key) {
    return open.getOrDefault(key, Span.getInvalid());
  }

  void close(String key, long at) {
    Span span = open.remove(key);
    if (span != null) {
      spans.end(span, at);
    }
  }

  void fail(String key, String errorType, long at) {
    TimedSpans.fail(get(key), errorType);
    close(key, at);
  }

  /** A whole span below the root. */
  void past(String name, long since, long at) {
    spans.past(root, name, since, at);
  }

  /** Ends the root; what is still open ends with it, with the same error if there is one. */
  void endAll(Optional<String> errorType, long at) {
    for (Span span : open.values()) {
      errorType.ifPresent(type -> TimedSpans.fail(span, type));
      spans.end(span, at);
    }
    open.clear();
    errorType.ifPresent(type -> TimedSpans.fail(root, type));
    spans.end(root, at);
  }

  /** The headers that make a call a child of this span. */
  static TraceContext context(Span span) {
    if (!span.getSpanContext().isValid()) {
      return TraceContext.NONE;
    }
    Map<String, String> headers = TraceParent.write(Context.root().with(span));
    return new TraceContext(
        headers.getOrDefault("traceparent", ""), headers.getOrDefault("tracestate", ""));
  }
}
