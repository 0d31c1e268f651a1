package io.winnow.pruner.grpc;

import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Counts the streams that are open, refuses those above the limit, and lets them end on a drain.
 */
final class OpenStreams {

  private final int maxStreams;
  private final Set<DecideStream> open = new HashSet<>();
  private boolean draining;

  OpenStreams(int maxStreams) {
    this.maxStreams = maxStreams;
  }

  /** Takes the stream in, or says why not. */
  synchronized Optional<PrunerFailure> admit(DecideStream stream) {
    if (draining) {
      return Optional.of(
          PrunerFailure.of(Reason.DRAINING, "the pruner is stopping; retry elsewhere"));
    }
    if (open.size() >= maxStreams) {
      return Optional.of(
          PrunerFailure.of(
              Reason.TOO_MANY_STREAMS,
              "%d streams are open, which is the limit; retry later".formatted(maxStreams)));
    }
    open.add(stream);
    return Optional.empty();
  }

  synchronized void ended(DecideStream stream) {
    open.remove(stream);
    if (open.isEmpty()) {
      notifyAll();
    }
  }

  synchronized int count() {
    return open.size();
  }

  /** Refuses new streams, waits for the open ones, and ends those that outlast the patience. */
  void drain(Duration patience) throws InterruptedException {
    for (DecideStream stream : outlasting(patience)) {
      stream.fail(PrunerFailure.of(Reason.DRAINING, "the pruner has stopped"));
    }
  }

  private synchronized List<DecideStream> outlasting(Duration patience)
      throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + patience.toNanos();
    for (long left = patience.toNanos();
        left > 0 && !open.isEmpty();
        left = end - System.nanoTime()) {
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    return List.copyOf(open);
  }
}
