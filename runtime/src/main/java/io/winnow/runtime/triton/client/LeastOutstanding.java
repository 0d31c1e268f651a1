package io.winnow.runtime.triton.client;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the healthy server with the fewest outstanding calls, in turn among equals. If none is
 * healthy it chooses the one that is due first: a wrong guess costs an error that there would be
 * anyway. Servers that are due are probed on the way.
 */
final class LeastOutstanding implements Router {

  private final List<Backend> backends;
  private final Consumer<Backend> prober;
  private final LongSupplier nanoClock;
  private int turn;

  /**
   * A router.
   *
   * @param prober finds out in the background whether a server is ready, and reports that to its
   *     health
   */
  LeastOutstanding(List<Backend> backends, Consumer<Backend> prober, LongSupplier nanoClock) {
    this.backends = List.copyOf(backends);
    this.prober = prober;
    this.nanoClock = nanoClock;
  }

  @Override
  public Backend.Lease acquire(@Nullable Backend avoid) {
    long now = nanoClock.getAsLong();
    for (Backend backend : backends) {
      if (backend.health().takeProbe(now)) {
        prober.accept(backend);
      }
    }
    synchronized (this) {
      turn = (turn + 1) % backends.size();
      Backend chosen = leastLoaded(avoid);
      return (chosen == null ? dueFirst(avoid) : chosen).lease();
    }
  }

  private @Nullable Backend leastLoaded(@Nullable Backend avoid) {
    Backend best = null;
    boolean bestAvoided = false;
    for (int i = 0; i < backends.size(); i++) {
      Backend candidate = backends.get((turn + i) % backends.size());
      if (!candidate.health().healthy()) {
        continue;
      }
      boolean avoided = candidate == avoid;
      if (best == null
          || bestAvoided && !avoided
          || bestAvoided == avoided && candidate.outstanding() < best.outstanding()) {
        best = candidate;
        bestAvoided = avoided;
      }
    }
    return best;
  }

  private Backend dueFirst(@Nullable Backend avoid) {
    Backend best = backends.get(0);
    for (Backend candidate : backends) {
      boolean sooner = candidate.health().dueNanos() - best.health().dueNanos() < 0;
      if (candidate != avoid && (sooner || best == avoid)) {
        best = candidate;
      }
    }
    return best;
  }
}
