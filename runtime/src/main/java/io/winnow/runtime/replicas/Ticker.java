package io.winnow.runtime.replicas;

import io.winnow.runtime.process.DaemonThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Repeats something on a thread of its own until it is stopped. */
final class Ticker {

  private static final Logger log = System.getLogger(Ticker.class.getName());

  private final ScheduledExecutorService executor;
  private final Duration interval;
  private final Runnable task;

  Ticker(String threadName, Duration interval, Runnable task) {
    this.interval = interval;
    this.task = task;
    this.executor = Executors.newSingleThreadScheduledExecutor(DaemonThreads.named(threadName));
  }

  void start() {
    var unused =
        executor.scheduleWithFixedDelay(
            this::tick, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Does not wait for a turn under way. */
  void stop() {
    executor.shutdownNow();
  }

  private void tick() {
    try {
      task.run();
    } catch (Throwable thrown) {
      // The schedule would end without a word.
      log.log(Level.ERROR, "the replicas cannot be looked after", thrown);
    }
  }
}
