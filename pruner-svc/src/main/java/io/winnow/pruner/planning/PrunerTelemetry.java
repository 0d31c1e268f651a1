package io.winnow.pruner.planning;

import java.time.Duration;

/** Hears how deciding goes, to measure it. Called on event loops: must return at once. */
public interface PrunerTelemetry {

  /** Hears nothing. */
  PrunerTelemetry NONE = new PrunerTelemetry() {};

  /** A plan was made; it took so long. */
  default void planned(PlanDecision.Planned decision, Duration took) {}

  /** An observation's turn came after so long, or its stream was over by then. */
  default void waited(Duration time) {}

  /**
   * A gate has decided on an observation.
   *
   * @param took from the observation's arrival, the wait for a thread included
   */
  default void decided(boolean exit, Duration took) {}

  /** A generation has told how it went. */
  default void outcome(boolean completed) {}

  /** A stream ended with a failure. */
  default void failed(PrunerFailure.Reason reason) {}
}
