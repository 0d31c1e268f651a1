package io.winnow.runtime.triton.client;

import java.time.Duration;

/**
 * When an endpoint of a pool is left out, and for how long.
 *
 * @param failures calls in a row that failed because the server could not be reached, was not ready
 *     or did not answer in time
 * @param firstBackoff time until it is asked whether it is ready again; doubles while it is not
 * @param longestBackoff bound of that time
 * @param probeTimeout it must answer that within
 */
public record EjectionSettings(
    int failures, Duration firstBackoff, Duration longestBackoff, Duration probeTimeout) {

  public EjectionSettings {
    if (failures < 1 || firstBackoff.isNegative() || firstBackoff.isZero()) {
      throw new IllegalArgumentException(failures + " failures, backoff " + firstBackoff);
    }
    if (longestBackoff.compareTo(firstBackoff) < 0 || probeTimeout.isNegative()) {
      throw new IllegalArgumentException("backoff up to " + longestBackoff + ", " + probeTimeout);
    }
  }

  /** 3 failures, 1 s to 60 s, 1 s for a probe. */
  public static EjectionSettings defaults() {
    return new EjectionSettings(
        3, Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(1));
  }
}
