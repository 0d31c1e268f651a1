package io.winnow.decoder.generation;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Notices that nothing moved for too long. Changes are frequent, so a timer that runs is left
 * running and looks again when it fires. Not thread-safe: lives in a mailbox.
 */
final class StallWatch {

  private final Timers timers;
  private final Duration limit;
  private final Runnable onStalled;
  private Timers.@Nullable Timer timer;
  private boolean waiting;
  private long waitingSince;
  private long waitedNanos;

  /**
   * Begins without waiting.
   *
   * @param onStalled called on the timers' thread: must lead to {@link #check} in the mailbox
   */
  StallWatch(Timers timers, Duration limit, Runnable onStalled) {
    this.timers = timers;
    this.limit = limit;
    this.onStalled = onStalled;
  }

  /** Nothing moves from now on. */
  void waiting() {
    if (!waiting) {
      waiting = true;
      waitingSince = timers.nanoTime();
      if (timer == null) {
        timer = timers.after(limit, onStalled);
      }
    }
  }

  /** It moves again. */
  void moving() {
    if (waiting) {
      waitedNanos += timers.nanoTime() - waitingSince;
    }
    waiting = false;
  }

  /** How long nothing moved, in all. */
  Duration waited() {
    return Duration.ofNanos(waitedNanos);
  }

  /** The timer fired: tells whether the limit has passed, and goes on watching otherwise. */
  boolean check() {
    timer = null;
    if (!waiting) {
      return false;
    }
    Duration left = limit.minusNanos(timers.nanoTime() - waitingSince);
    if (left.isNegative() || left.isZero()) {
      return true;
    }
    timer = timers.after(left, onStalled);
    return false;
  }

  void stop() {
    moving();
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
