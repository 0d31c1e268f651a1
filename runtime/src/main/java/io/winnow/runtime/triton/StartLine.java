package io.winnow.runtime.triton;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/**
 * Sends generations to the server one after the other: each has a stream of its own, and Triton
 * reads streams in any order, so the next one waits until the server has queued the one before.
 * Thread-safe.
 */
final class StartLine {

  private final int maxWaiting;
  private final Queue<TritonGeneration> waiting = new ArrayDeque<>(); // bounded by maxWaiting
  private Optional<TritonGeneration> starting = Optional.empty();

  StartLine(int maxWaiting) {
    this.maxWaiting = maxWaiting;
  }

  /** Lines a generation up, and sends it if it is its turn; false if the line is full. */
  boolean join(TritonGeneration generation) {
    synchronized (this) {
      if (waiting.size() >= maxWaiting) {
        return false;
      }
      waiting.add(generation);
    }
    sendNext();
    return true;
  }

  /** The server has answered this one, or never will. */
  void answered(TritonGeneration generation) {
    synchronized (this) {
      waiting.remove(generation);
      if (starting.filter(first -> first == generation).isPresent()) {
        starting = Optional.empty();
      }
    }
    sendNext();
  }

  /** Empties the line, of all but the one whose answer is due. */
  synchronized List<TritonGeneration> leave() {
    List<TritonGeneration> left = List.copyOf(waiting);
    waiting.clear();
    return left;
  }

  private void sendNext() {
    Optional<TritonGeneration> next;
    synchronized (this) {
      if (starting.isPresent()) {
        return;
      }
      starting = Optional.ofNullable(waiting.poll());
      next = starting;
    }
    // Outside the lock: a stream that cannot be opened ends the generation, which comes back here.
    next.ifPresent(TritonGeneration::send);
  }
}
