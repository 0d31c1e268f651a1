package io.winnow.decoder.telemetry;

/**
 * Listens to what happens to one answer. Called where it happens, so it must be quick, must not
 * block and must keep no reference to a request's pictures. Wrapped by {@link TelemetrySource#all},
 * it hears one event at a time and exactly one terminal event ({@link AnswerEvent.Finished} or
 * {@link AnswerEvent.Failed}), last.
 */
@FunctionalInterface
public interface AnswerTelemetry {

  /** Hears nothing. */
  AnswerTelemetry NONE = event -> {};

  void on(AnswerEvent event);

  /**
   * The trace context to send along with a call that was just announced by its event.
   *
   * @param picture number of the picture for {@link Hop#ENCODE} and {@link Hop#FETCH}, otherwise 0
   */
  default TraceContext context(Hop hop, int picture) {
    return TraceContext.NONE;
  }

  /** What a trace context can be asked for. */
  enum Hop {
    /** The request as a whole. */
    REQUEST,
    /** The call to the vision encoder; announced by {@link AnswerEvent.EncodeOpened}. */
    ENCODE,
    /** The transfer of visual tokens; announced by {@link AnswerEvent.FetchOpened}. */
    FETCH,
    /** The question to the pruner; announced by {@link AnswerEvent.PlanAsked}. */
    DECIDE,
    /** The generation by the runtime; announced by {@link AnswerEvent.Submitted}. */
    GENERATE
  }
}
