package io.winnow.runtime.streams;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Counts the streams that are open, refuses those above the limit, and lets them end on a drain.
 * Thread-safe.
 *
 * @param <S> a stream; told apart by its equality
 */
public final class OpenStreams<S> {

  private final int maxStreams;
  private final Set<S> open = new HashSet<>();
  private boolean draining;

  public OpenStreams(int maxStreams) {
    this.maxStreams = maxStreams;
  }

  /** Takes the stream in, or says why not. */
  public synchronized Admission admit(S stream) {
    if (draining) {
      return Admission.DRAINING;
    }
    if (open.size() >= maxStreams) {
      return Admission.FULL;
    }
    open.add(stream);
    return Admission.ADMITTED;
  }

  public synchronized void ended(S stream) {
    open.remove(stream);
    if (open.isEmpty()) {
      notifyAll();
    }
  }

  /** How many streams are open. */
  public synchronized int count() {
    return open.size();
  }

  /** How many streams may be open. */
  public int limit() {
    return maxStreams;
  }

  /**
   * Refuses new streams and waits for the open ones.
   *
   * @return those that outlast the patience, for the caller to end
   */
  public synchronized List<S> drain(Duration patience) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + patience.toNanos();
    for (long left = patience.toNanos();
        left > 0 && !open.isEmpty();
        left = end - System.nanoTime()) {
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    return List.copyOf(open);
  }

  /** Answers to a stream that wants in. */
  public enum Admission {
    ADMITTED,
    /** As many are open as may be. */
    FULL,
    /** The service is stopping. */
    DRAINING
  }
}
