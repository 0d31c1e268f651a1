package io.winnow.runtime.embedded;

import io.winnow.runtime.Generation;
import java.util.BitSet;
import java.util.function.Consumer;

/**
 * What the caller has asked of a generation. Callers write, the engine reads at its next turn;
 * calls add up in place, so no caller can fill a queue. Thread-safe.
 */
final class GenerationHandle implements Generation {

  private final int segments;
  private final Runnable wake;
  private final Consumer<GenerationHandle> terminate;
  private final BitSet answered = new BitSet(); // by segment
  private int exitFrom = Integer.MAX_VALUE; // first segment without visual tokens
  private long credit;
  private boolean closed;

  /**
   * Makes a handle.
   *
   * @param wake tells the engine that something changed
   * @param terminate stops the native run that serves this generation alone
   */
  GenerationHandle(int segments, Runnable wake, Consumer<GenerationHandle> terminate) {
    this.segments = segments;
    this.wake = wake;
    this.terminate = terminate;
  }

  @Override
  public void resume(int segment, boolean exit) {
    if (segment < 0 || segment >= segments) {
      throw new IllegalArgumentException(
          "segment is " + segment + ", must be in 0.." + (segments - 1));
    }
    synchronized (this) {
      answered.set(segment);
      if (exit) {
        exitFrom = Math.min(exitFrom, segment + 1);
      }
    }
    wake.run();
  }

  @Override
  public void decode(int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("tokens is " + tokens + ", must be at least 1");
    }
    synchronized (this) {
      credit += tokens;
    }
    wake.run();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    // After the flag: a run that begins from here on sees it.
    terminate.accept(this);
    wake.run();
  }

  synchronized boolean answered(int segment) {
    return answered.get(segment);
  }

  /** Whether the visual tokens are to be gone when this segment starts. */
  synchronized boolean exitBefore(int segment) {
    return exitFrom <= segment;
  }

  synchronized boolean hasCredit() {
    return credit > 0;
  }

  synchronized void spendCredit() {
    credit--;
  }

  synchronized boolean closed() {
    return closed;
  }
}
