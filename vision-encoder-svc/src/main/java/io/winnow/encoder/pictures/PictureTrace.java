package io.winnow.encoder.pictures;

import java.util.Optional;

/** A picture's place in the trace of the request that uploaded it. Called on any thread. */
public interface PictureTrace {

  /** Outside of any trace. */
  PictureTrace NONE = new PictureTrace() {};

  /**
   * The vision tower begins.
   *
   * @return W3C traceparent for a tower that runs elsewhere; empty outside of a trace
   */
  default Optional<String> towerBegins() {
    return Optional.empty();
  }

  /** Measures something; what it records may name the trace. */
  default void measuring(Runnable measurement) {
    measurement.run();
  }
}
