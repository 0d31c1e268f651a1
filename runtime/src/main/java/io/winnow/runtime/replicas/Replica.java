package io.winnow.runtime.replicas;

import static java.util.Objects.requireNonNull;

import java.util.function.BooleanSupplier;

/**
 * One of the runtimes.
 *
 * @param runtime closed by whoever it is handed to
 * @param ready whether it would serve now; may block for a bounded time and must not throw; asked
 *     by one thread at a time
 */
public record Replica<R extends AutoCloseable>(R runtime, BooleanSupplier ready) {

  public Replica {
    requireNonNull(runtime, "runtime is null");
    requireNonNull(ready, "ready is null");
  }
}
