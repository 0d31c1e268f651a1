package io.winnow.runtime.embedded;

import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The door between callers and the engine: takes generations in up to a bound, wakes the engine,
 * and knows when the last generation has gone. Thread-safe.
 */
final class Intake {

  private final int maxLive;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition emptied = lock.newCondition();
  private final List<LiveGeneration> arrivals = new ArrayList<>(); // bounded by maxLive
  private int live; // accepted and not yet ended
  private int untold; // accepted and terminal event not yet delivered
  private boolean signalled;
  private boolean draining;
  private boolean closed;

  /**
   * Makes an open door.
   *
   * @param maxLive generations that may hold a slot or wait for one
   */
  Intake(int maxLive) {
    this.maxLive = maxLive;
  }

  /** Takes a generation in, or says why not. */
  Optional<RuntimeFailure> accept(LiveGeneration generation) {
    lock.lock();
    try {
      if (closed || draining) {
        return Optional.of(
            new RuntimeFailure(
                Kind.UNAVAILABLE, "the embedded runtime is stopping: ask another one"));
      }
      if (live >= maxLive) {
        return Optional.of(
            new RuntimeFailure(
                Kind.RESOURCE_EXHAUSTED,
                "all slots and the queue are full (maxQueued): " + live + " generations live"));
      }
      live++;
      untold++;
      arrivals.add(generation);
      signal();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  void wake() {
    lock.lock();
    try {
      signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Generations that have come since the last call; for the engine thread.
   *
   * @param rest wait until there is something new to look at
   * @return empty when the door is closed
   */
  Optional<List<LiveGeneration>> take(boolean rest) {
    lock.lock();
    try {
      while (rest && !signalled && !closed) {
        changed.awaitUninterruptibly();
      }
      signalled = false;
      if (closed) {
        return Optional.empty();
      }
      return Optional.of(takeArrivals());
    } finally {
      lock.unlock();
    }
  }

  /** A generation has ended: its place can be given away. */
  void left() {
    lock.lock();
    try {
      live--;
    } finally {
      lock.unlock();
    }
  }

  /** The terminal event of a generation was delivered. */
  void told() {
    lock.lock();
    try {
      untold--;
      if (untold == 0) {
        emptied.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.winnow.runtime.DecoderRuntime#drain}. */
  boolean drain(Duration timeout) throws InterruptedException {
    long nanosLeft = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      draining = true;
      while (untold > 0 && nanosLeft > 0) {
        nanosLeft = emptied.awaitNanos(nanosLeft);
      }
      return untold == 0;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  int live() {
    lock.lock();
    try {
      return live;
    } finally {
      lock.unlock();
    }
  }

  /** What had arrived when the door was closed. */
  List<LiveGeneration> takeRest() {
    lock.lock();
    try {
      return takeArrivals();
    } finally {
      lock.unlock();
    }
  }

  private List<LiveGeneration> takeArrivals() {
    List<LiveGeneration> taken = List.copyOf(arrivals);
    arrivals.clear();
    return taken;
  }

  private void signal() {
    signalled = true;
    changed.signal();
  }
}
