package io.winnow.tracing;

import io.opentelemetry.context.Context;

/**
 * Makes a trace the current one: the registry of metrics takes exemplars of that one, if it is
 * sampled. What is measured happens on many threads, few of which have it.
 */
public final class Exemplars {

  private Exemplars() {}

  /** Measures something; what it records may become an exemplar that names the trace. */
  public static void naming(Context trace, Runnable measuring) {
    trace.wrap(measuring).run();
  }

  /**
   * The same.
   *
   * @param traceparent W3C trace context; empty outside of a trace
   */
  public static void naming(String traceparent, Runnable measuring) {
    naming(TraceParent.read(traceparent, "", Context.root()), measuring);
  }
}
