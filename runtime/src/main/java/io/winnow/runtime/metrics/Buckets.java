package io.winnow.runtime.metrics;

import java.time.Duration;
import java.util.Arrays;

/** Upper bounds of histogram buckets. */
public enum Buckets {
  /** Whole requests, as the OpenTelemetry conventions for generative AI have them. */
  REQUEST(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
  /** Time to first token, by the same conventions. */
  FIRST_TOKEN(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
  /** Time per output token, by the same conventions. */
  PER_TOKEN(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5),
  /** A stage of a request, or the wait for it. */
  STAGE(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
  /** A decision, which takes microseconds. */
  DECISION(0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1, 1);

  private static final double NANOS = 1e9;

  private final Duration[] bounds;

  Buckets(double... seconds) {
    bounds =
        Arrays.stream(seconds)
            .mapToObj(bound -> Duration.ofNanos(Math.round(bound * NANOS)))
            .toArray(Duration[]::new);
  }

  Duration[] bounds() {
    return bounds.clone();
  }
}
