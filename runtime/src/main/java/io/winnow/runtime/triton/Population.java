package io.winnow.runtime.triton;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The generations of one runtime that have not ended, and what they hold. Thread-safe. */
final class Population {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();
  private final Set<TritonGeneration> live = new LinkedHashSet<>(); // place not given back
  private int untold; // terminal event not yet delivered
  private int seated;
  private long kvBytes;
  private boolean shut;

  /** Takes a generation in; false once {@link #shut} was called. */
  boolean enter(TritonGeneration generation) {
    lock.lock();
    try {
      if (shut) {
        return false;
      }
      live.add(generation);
      untold++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A generation got a slot of this size. */
  void seat(long slotBytes) {
    lock.lock();
    try {
      seated++;
      kvBytes += slotBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A generation is about to be told of its end.
   *
   * @param slotBytes that it held, -1 if it had no slot
   */
  void leave(TritonGeneration generation, long slotBytes) {
    lock.lock();
    try {
      live.remove(generation);
      if (slotBytes >= 0) {
        seated--;
        kvBytes -= slotBytes;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A generation was told of its end. */
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

  /** Lets nobody in any more. */
  void shut() {
    lock.lock();
    try {
      shut = true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all have been told of their ends; whether that was so in time. */
  boolean awaitEmpty(Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      while (untold > 0 && left > 0) {
        left = emptied.awaitNanos(left);
      }
      return untold == 0;
    } finally {
      lock.unlock();
    }
  }

  List<TritonGeneration> live() {
    lock.lock();
    try {
      return new ArrayList<>(live);
    } finally {
      lock.unlock();
    }
  }

  Counts counts() {
    lock.lock();
    try {
      return new Counts(live.size() - seated, seated, kvBytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * How many there are.
   *
   * @param queued without a slot
   * @param running with one
   * @param kvBytes that their slots reserve
   */
  record Counts(int queued, int running, long kvBytes) {}
}
