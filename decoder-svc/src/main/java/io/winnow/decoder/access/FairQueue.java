package io.winnow.decoder.access;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides who runs: at most {@link Limits#running} items in all and {@link Limits#runningPerKey} of
 * a key; whoever finds no room waits in the bounded line of its key, and the lines are served round
 * robin, so that no key starves behind another's load. Not thread-safe; knows no time.
 *
 * @param <T> what waits; compared by identity or equals, an item waits once
 */
final class FairQueue<T> {

  /**
   * Bounds, all at least 1 but {@code waitingPerKey}, which may be 0.
   *
   * @param running items running in all
   * @param runningPerKey running items of one key
   * @param waitingPerKey waiting items of one key
   */
  record Limits(int running, int runningPerKey, int waitingPerKey) {

    Limits {
      if (running < 1 || runningPerKey < 1 || waitingPerKey < 0) {
        throw new IllegalArgumentException(
            "limits " + running + ", " + runningPerKey + ", " + waitingPerKey);
      }
    }
  }

  /** What became of an item. */
  enum Offer {
    RUNS,
    WAITS,
    REFUSED
  }

  private final Limits limits;
  private final Map<String, Lane<T>> lanes = new HashMap<>();

  /** Keys with waiting items, the next to be served first. */
  private final Set<String> rotation = new LinkedHashSet<>();

  private int running;

  FairQueue(Limits limits) {
    this.limits = limits;
  }

  Offer offer(String key, T item) {
    Lane<T> lane = lanes.computeIfAbsent(key, unused -> new Lane<>());
    if (running < limits.running && lane.running < limits.runningPerKey) {
      running++;
      lane.running++;
      return Offer.RUNS;
    }
    if (lane.waiting.size() >= limits.waitingPerKey) {
      forgetIfIdle(key, lane);
      return Offer.REFUSED;
    }
    lane.waiting.addLast(item);
    rotation.add(key);
    return Offer.WAITS;
  }

  /**
   * Ends a running item of {@code key}.
   *
   * @return the waiting item that runs from now on in its place, if any
   */
  Optional<T> release(String key) {
    Lane<T> lane = lanes.get(key);
    if (lane == null || lane.running == 0) {
      throw new IllegalArgumentException("nothing of " + key + " is running");
    }
    running--;
    lane.running--;
    Optional<T> next = next();
    forgetIfIdle(key, lane);
    return next;
  }

  /** Takes a waiting item out of its line; false if it does not wait. */
  boolean cancel(String key, T item) {
    Lane<T> lane = lanes.get(key);
    if (lane == null || !lane.waiting.remove(item)) {
      return false;
    }
    if (lane.waiting.isEmpty()) {
      rotation.remove(key);
    }
    forgetIfIdle(key, lane);
    return true;
  }

  int running() {
    return running;
  }

  int waiting() {
    return lanes.values().stream().mapToInt(lane -> lane.waiting.size()).sum();
  }

  private Optional<T> next() {
    Iterator<String> keys = rotation.iterator();
    while (keys.hasNext()) {
      String key = keys.next();
      Lane<T> lane = lanes.get(key);
      if (lane == null || lane.running >= limits.runningPerKey) {
        continue; // keeps its place for when it may run again
      }
      keys.remove();
      T item = lane.waiting.removeFirst();
      if (!lane.waiting.isEmpty()) {
        rotation.add(key);
      }
      running++;
      lane.running++;
      return Optional.of(item);
    }
    return Optional.empty();
  }

  private void forgetIfIdle(String key, Lane<T> lane) {
    if (lane.running == 0 && lane.waiting.isEmpty()) {
      lanes.remove(key);
    }
  }

  private static final class Lane<T> {
    private final Deque<T> waiting = new ArrayDeque<>();
    private int running;
  }
}
