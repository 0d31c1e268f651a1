package io.winnow.decoder.telemetry;

import java.util.List;

/** Begins to listen to a request; once for each. Thread-safe; must return quickly. */
@FunctionalInterface
public interface TelemetrySource {

  /** Nobody listens. */
  TelemetrySource NONE = origin -> AnswerTelemetry.NONE;

  /** The listener for one request, from its arrival to its terminal event. */
  AnswerTelemetry begin(RequestOrigin origin);

  /**
   * All of these, guarded: each answer's events reach them one at a time, nothing follows the
   * terminal event, and what one of them throws is logged and harms nobody.
   *
   * @param sources in order; where one of them has the request in a trace, those after it find that
   *     trace in the origin (for exemplars), and calls carry it
   */
  static TelemetrySource all(List<TelemetrySource> sources) {
    List<TelemetrySource> listeners = List.copyOf(sources);
    return origin -> GuardedTelemetry.begin(listeners, origin);
  }
}
