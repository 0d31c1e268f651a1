package io.winnow.runtime.triton.client;

import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The channel that new calls go to: replaced when it is too old, while its calls go on. */
final class AgedChannel implements AutoCloseable {

  private final Supplier<ManagedChannel> opener;
  private final long maxAgeNanos;
  private final LongSupplier nanoClock;
  private @Nullable ManagedChannel current;
  private long openedNanos;
  private boolean closed;

  /** Opens a channel at once, so that broken settings show early. */
  AgedChannel(Supplier<ManagedChannel> opener, @Nullable Duration maxAge, LongSupplier nanoClock) {
    this.opener = opener;
    this.maxAgeNanos = maxAge == null ? Long.MAX_VALUE : maxAge.toNanos();
    this.nanoClock = nanoClock;
    this.current = opener.get();
    this.openedNanos = nanoClock.getAsLong();
  }

  /**
   * The channel for a new call.
   *
   * @throws IllegalStateException after {@link #close}
   */
  synchronized ManagedChannel get() {
    if (closed || current == null) {
      throw new IllegalStateException("the endpoint is closed");
    }
    if (nanoClock.getAsLong() - openedNanos >= maxAgeNanos) {
      ManagedChannel old = current;
      current = opener.get();
      openedNanos = nanoClock.getAsLong();
      old.shutdown();
    }
    return current;
  }

  /** Cancels the calls of the current channel and closes it. Waits up to a second. */
  @Override
  public void close() {
    ManagedChannel last;
    synchronized (this) {
      closed = true;
      last = current;
      current = null;
    }
    if (last == null) {
      return;
    }
    last.shutdownNow();
    try {
      last.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
