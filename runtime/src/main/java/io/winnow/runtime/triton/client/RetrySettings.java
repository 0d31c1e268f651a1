package io.winnow.runtime.triton.client;

import java.time.Duration;

/**
 * Bounds of repeated calls.
 *
 * @param maxAttempts attempts of one call, the first included; 1 repeats nothing
 * @param firstBackoff longest pause before the first repetition; it doubles with each further one.
 *     The pause is drawn between half of it and all of it
 * @param longestBackoff bound of the pause
 * @param budgetPerCall repetitions that each call adds to the budget of all: 0.1 means that at most
 *     a tenth more calls are made than asked for, however sick the servers are
 * @param budgetLimit repetitions that the budget holds at most, and at the start
 */
public record RetrySettings(
    int maxAttempts,
    Duration firstBackoff,
    Duration longestBackoff,
    double budgetPerCall,
    int budgetLimit) {

  public RetrySettings {
    if (maxAttempts < 1 || budgetLimit < 0 || budgetPerCall < 0 || budgetPerCall > 1) {
      throw new IllegalArgumentException(
          maxAttempts + " attempts, budget " + budgetPerCall + " up to " + budgetLimit);
    }
    if (firstBackoff.isNegative() || longestBackoff.compareTo(firstBackoff) < 0) {
      throw new IllegalArgumentException("backoff " + firstBackoff + " to " + longestBackoff);
    }
  }

  /** 3 attempts, pauses of 20 ms to 1 s, a tenth more calls, 10 in a burst. */
  public static RetrySettings defaults() {
    return new RetrySettings(3, Duration.ofMillis(20), Duration.ofSeconds(1), 0.1, 10);
  }

  /** Every call is made once. */
  public static RetrySettings none() {
    return new RetrySettings(1, Duration.ZERO, Duration.ZERO, 0, 0);
  }
}
