package io.winnow.decoder.generation;

import java.time.Duration;

/** Time, so that tests can turn the clock. Thread-safe. */
public interface Timers {

  /** A clock that only goes forward, as {@link System#nanoTime()}. */
  long nanoTime();

  /** Runs a short task later, once. */
  Timer after(Duration delay, Runnable task);

  /** A task that waits. */
  interface Timer {

    /** Drops the task unless it has begun. */
    void cancel();
  }
}
