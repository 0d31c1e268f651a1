package io.winnow.decoder.generation;

import io.winnow.runtime.process.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Real time. */
public final class ScheduledTimers implements Timers, AutoCloseable {

  private final ScheduledThreadPoolExecutor executor;

  public ScheduledTimers() {
    executor = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("winnow-timers"));
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    Future<?> future = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  /** Drops what waits. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
