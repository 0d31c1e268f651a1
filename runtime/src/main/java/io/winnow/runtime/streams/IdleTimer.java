package io.winnow.runtime.streams;

import io.winnow.runtime.process.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One thread that watches any number of timeouts of the same length. */
public final class IdleTimer implements AutoCloseable {

  private final Duration limit;
  private final ScheduledThreadPoolExecutor timer;

  public IdleTimer(Duration limit) {
    this.limit = limit;
    timer = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("idle-timer"));
    timer.setRemoveOnCancelPolicy(true);
  }

  /** A timeout that runs {@code onIdle} once, unless it is restarted or stopped in time. */
  public Timeout timeout(Runnable onIdle) {
    return new Timeout(onIdle);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** Not safe for concurrent use. */
  public final class Timeout {

    private final Runnable onIdle;
    private @Nullable Future<?> pending;

    private Timeout(Runnable onIdle) {
      this.onIdle = onIdle;
    }

    public void restart() {
      stop();
      pending = timer.schedule(onIdle, limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    public void stop() {
      if (pending != null) {
        pending.cancel(false);
        pending = null;
      }
    }
  }
}
