package io.winnow.runtime.streams;

import io.winnow.runtime.streams.OpenStreams.Admission;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for a few {@link Conversation}s at a time. Thread-safe. */
public final class Conversations {

  private static final int LAST_WORDS_SECONDS = 5;

  private final int limit;
  private final ThreadPoolExecutor threads;

  /**
   * @param limit conversations at a time; 0 takes none
   */
  public Conversations(String threadName, int limit) {
    this.limit = limit;
    this.threads =
        new ThreadPoolExecutor(
            0,
            Math.max(1, limit),
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> new Thread(task, threadName));
  }

  /** Runs one on a thread of its own, or says why not. */
  public Admission start(Runnable conversation) {
    if (limit == 0) {
      return Admission.FULL;
    }
    try {
      threads.execute(conversation);
      return Admission.ADMITTED;
    } catch (RejectedExecutionException e) {
      return threads.isShutdown() ? Admission.DRAINING : Admission.FULL;
    }
  }

  /** Interrupts those under way and gives them a moment to say so. */
  public void stop() throws InterruptedException {
    threads.shutdownNow();
    var unused = threads.awaitTermination(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
  }
}
