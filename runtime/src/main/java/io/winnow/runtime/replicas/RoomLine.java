package io.winnow.runtime.replicas;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/**
 * Generations that lost their replica while the others were full. The first is taken up when there
 * may be room for it; once a replica has taken it, the next one's turn comes. One that is refused
 * again goes to the end: it may be one that fits nowhere. Thread-safe.
 */
final class RoomLine {

  private final Queue<ReplicatedGeneration> waiting =
      new ArrayDeque<>(); // bounded by the live ones
  private boolean called;
  private boolean serving;
  private boolean shut;

  /** Takes a place at the end; false after {@link #shut}. */
  synchronized boolean join(ReplicatedGeneration generation) {
    return !shut && waiting.add(generation);
  }

  /** Gives a place up; whether there was one. */
  synchronized boolean leave(ReplicatedGeneration generation) {
    return waiting.remove(generation);
  }

  synchronized int length() {
    return waiting.size();
  }

  /** Lets nobody in any more; who was there is told by whoever calls this. */
  synchronized List<ReplicatedGeneration> shut() {
    shut = true;
    List<ReplicatedGeneration> left = List.copyOf(waiting);
    waiting.clear();
    return left;
  }

  /**
   * There may be room for one. May be called while it serves one, also by that one: then the next
   * is served on the first caller's thread, so that a long line is no deep stack.
   */
  void call() {
    synchronized (this) {
      called = true;
      if (serving) {
        return;
      }
      serving = true;
    }
    for (Optional<ReplicatedGeneration> next = next(); next.isPresent(); next = next()) {
      next.get().tryAgain();
    }
  }

  private synchronized Optional<ReplicatedGeneration> next() {
    Optional<ReplicatedGeneration> next =
        called ? Optional.ofNullable(waiting.poll()) : Optional.empty();
    called = false;
    serving = next.isPresent();
    return next;
  }
}
