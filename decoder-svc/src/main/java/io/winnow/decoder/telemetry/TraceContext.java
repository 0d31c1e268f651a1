package io.winnow.decoder.telemetry;

import java.util.Objects;
import java.util.Optional;

/**
 * Place in a distributed trace, as W3C Trace Context headers. Not checked here: whoever reads it
 * ignores what is malformed.
 *
 * @param traceparent empty if there is none
 * @param tracestate empty if there is none
 */
public record TraceContext(String traceparent, String tracestate) {

  /** No trace. */
  public static final TraceContext NONE = new TraceContext("", "");

  public TraceContext {
    Objects.requireNonNull(traceparent, "traceparent is null");
    Objects.requireNonNull(tracestate, "tracestate is null");
  }

  public boolean isPresent() {
    return !traceparent.isEmpty();
  }

  /** The traceparent, if there is one. */
  public Optional<String> header() {
    return Optional.of(traceparent).filter(header -> !header.isEmpty());
  }
}
