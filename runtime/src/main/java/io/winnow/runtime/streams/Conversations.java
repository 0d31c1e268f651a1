package io.winnow.runtime.streams;

import io.winnow.runtime.streams.OpenStreams.Admission;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Threads for a few {@link Conversation}s at a time. Thread-safe. */
public final class Conversations {

  private static final int LAST_WORDS_SECONDS = 5;

  private final Semaphore places;
  private final ThreadPoolExecutor threads;

  /**
   * @param limit conversations at a time; 0 takes none
   */
  public Conversations(String threadName, int limit) {
    this.places = new Semaphore(limit);
    // Bounded by the places, but for those that are saying their last word.
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> new Thread(task, threadName));
  }

  /**
   * Holds a conversation on a thread of its own, or says why not.
   *
   * @param conversation gives how it is to be ended, which is done when its place is free: who
   *     hears of the end can begin the next one
   */
  public Admission start(Supplier<Runnable> conversation) {
    if (threads.isShutdown()) {
      return Admission.DRAINING;
    }
    if (!places.tryAcquire()) {
      return Admission.FULL;
    }
    try {
      threads.execute(() -> hold(conversation));
      return Admission.ADMITTED;
    } catch (RejectedExecutionException e) {
      places.release();
      return Admission.DRAINING;
    }
  }

  /** Interrupts those under way and gives them a moment to say so. */
  public void stop() throws InterruptedException {
    threads.shutdownNow();
    var unused = threads.awaitTermination(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
  }

  private void hold(Supplier<Runnable> conversation) {
    Runnable end;
    try {
      end = conversation.get();
    } finally {
      places.release();
    }
    end.run();
  }
}
