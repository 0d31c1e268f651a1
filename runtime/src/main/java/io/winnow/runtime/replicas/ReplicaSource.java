package io.winnow.runtime.replicas;

import java.io.IOException;
import java.util.Set;

/** Where replicas come from. Called by one thread at a time. */
public interface ReplicaSource<R extends AutoCloseable> {

  /**
   * Names of the replicas that there are now; asked again and again, so that new ones take work and
   * vanished ones get no more. May block for a bounded time.
   *
   * @throws IOException if that cannot be told now; what was known before stays
   */
  Set<String> names() throws IOException;

  /** Opens one of them; does not wait until it can be reached. */
  Replica<R> open(String name);
}
