package io.winnow.runtime.triton.client;

import java.util.OptionalLong;
import java.util.function.DoubleSupplier;

/** Decides whether and when a failed call is repeated. Thread-safe. */
final class RetryPolicy {

  private final RetrySettings settings;
  private final DoubleSupplier random;
  private double budget;

  /**
   * A policy with a full budget.
   *
   * @param random uniform in [0, 1)
   */
  RetryPolicy(RetrySettings settings, DoubleSupplier random) {
    this.settings = settings;
    this.random = random;
    this.budget = settings.budgetLimit();
  }

  /** Repeats nothing. */
  static RetryPolicy none() {
    return new RetryPolicy(RetrySettings.none(), () -> 0);
  }

  /** A call was made that is no repetition. */
  synchronized void onCall() {
    budget = Math.min(settings.budgetLimit(), budget + settings.budgetPerCall());
  }

  /**
   * The pause before a repetition, which is taken out of the budget.
   *
   * @param attempts attempts that failed, at least 1
   * @param remainingNanos time until the call's deadline
   * @return nanoseconds; empty if the call fails for good
   */
  synchronized OptionalLong pauseBeforeRepetition(int attempts, long remainingNanos) {
    if (attempts >= settings.maxAttempts() || budget < 1) {
      return OptionalLong.empty();
    }
    double longest =
        Math.min(
            settings.longestBackoff().toNanos(),
            settings.firstBackoff().toNanos() * Math.pow(2, attempts - 1));
    long pause = (long) (longest * (0.5 + random.getAsDouble() / 2));
    if (pause >= remainingNanos) {
      return OptionalLong.empty();
    }
    budget -= 1;
    return OptionalLong.of(pause);
  }
}
