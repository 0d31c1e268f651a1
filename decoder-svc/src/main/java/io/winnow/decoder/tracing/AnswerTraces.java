package io.winnow.decoder.tracing;

import io.opentelemetry.api.trace.Tracer;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TelemetrySource;

/** A trace for each answer: the caller's, where one came along. */
public final class AnswerTraces implements TelemetrySource {

  private final Tracer tracer;
  private final boolean content;

  /**
   * @param content whether the text of prompts is recorded
   */
  public AnswerTraces(Tracer tracer, boolean content) {
    this.tracer = tracer;
    this.content = content;
  }

  @Override
  public AnswerTelemetry begin(RequestOrigin origin) {
    return new AnswerTrace(new SpanTree(tracer, origin), origin, content);
  }
}
