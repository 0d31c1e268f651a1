package io.winnow.decoder.metrics;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.winnow.decoder.telemetry.TraceContext;

/**
 * Makes a trace the current one: the registry takes exemplars of that one, if it is sampled. An
 * answer's events come on many threads, none of which has it.
 */
final class Exemplars {

  private static final int FIELDS = 4;

  private Exemplars() {}

  /** Measures something; what it records may become an exemplar that names the trace. */
  static void naming(TraceContext trace, Runnable measuring) {
    String[] fields = trace.traceparent().split("-", -1); // version-trace-span-flags
    if (fields.length != FIELDS) {
      measuring.run();
      return;
    }
    SpanContext context =
        SpanContext.create(
            fields[1], fields[2], TraceFlags.fromHex(fields[3], 0), TraceState.getDefault());
    Context.root().with(Span.wrap(context)).wrap(measuring).run();
  }
}
