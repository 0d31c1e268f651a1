package io.winnow.decoder.access;

import java.time.Duration;

/** Runs something later; the seam through which tests hold the time. */
@FunctionalInterface
public interface Timers {

  /**
   * Runs {@code task} once after {@code delay}.
   *
   * @return cancels it; without effect once it ran
   */
  Runnable after(Duration delay, Runnable task);
}
