package io.winnow.decoder.generation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * Virtual threads of control and virtual time. Each lane runs its tasks in order; which lane comes
 * next is fixed ({@link #settle()}) or drawn ({@link #settle(Random)}).
 */
public final class Simulation implements Timers {

  private static final int MAX_STEPS = 100_000;

  private final List<Queue<Runnable>> lanes = new ArrayList<>();
  private final List<Waiting> timers = new ArrayList<>();
  private long now = 1_000_000;

  /** A thread of control. */
  public Executor lane() {
    Queue<Runnable> lane = new ArrayDeque<>();
    lanes.add(lane);
    return lane::add;
  }

  /** Runs until nothing is left to do at this time. */
  public void settle() {
    for (int steps = 0; steps < MAX_STEPS; steps++) {
      if (!step(0)) {
        return;
      }
    }
    throw new AssertionError("still busy after " + MAX_STEPS + " steps");
  }

  /** As {@link #settle()}, in an order that is drawn. */
  public void settle(Random random) {
    for (int steps = 0; steps < MAX_STEPS; steps++) {
      if (!step(random.nextInt(lanes.size()))) {
        return;
      }
    }
    throw new AssertionError("still busy after " + MAX_STEPS + " steps");
  }

  /** Runs one task of the first lane with one, looking from {@code first} on. */
  public boolean step(int first) {
    for (int i = 0; i < lanes.size(); i++) {
      Runnable task = lanes.get((first + i) % lanes.size()).poll();
      if (task != null) {
        task.run();
        return true;
      }
    }
    return false;
  }

  public int lanes() {
    return lanes.size();
  }

  /** Lets time pass, timers fire on the way, and everything settle. */
  public void advance(Duration duration) {
    long end = now + duration.toNanos();
    settle();
    while (true) {
      Waiting next =
          timers.stream()
              .filter(timer -> timer.at <= end)
              .min(Comparator.comparingLong(timer -> timer.at))
              .orElse(null);
      if (next == null) {
        break;
      }
      timers.remove(next);
      now = Math.max(now, next.at);
      next.task.run();
      settle();
    }
    now = end;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Timer after(Duration delay, Runnable task) {
    Waiting waiting = new Waiting(now + delay.toNanos(), task);
    timers.add(waiting);
    return () -> timers.remove(waiting);
  }

  /** Timers that wait. */
  public int timers() {
    return timers.size();
  }

  private static final class Waiting {

    private final long at;
    private final Runnable task;

    Waiting(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }
  }
}
