package io.winnow.runtime.triton.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The channel that new calls go to: replaced when it is too old, while its calls go on. A call also
 * ends the pause before the next attempt to connect, which gRPC lets grow to minutes: a server that
 * is back answers the next call.
 */
final class AgedChannel implements AutoCloseable {

  /** Bounds the attempts to connect that calls to a dead server cause. */
  private static final long BETWEEN_CONNECTS_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Supplier<ManagedChannel> opener;
  private final long maxAgeNanos;
  private final LongSupplier nanoClock;
  private @Nullable ManagedChannel current;
  private long openedNanos;
  private long connectNanos;
  private boolean closed;

  /** Opens a channel at once, so that broken settings show early. */
  AgedChannel(Supplier<ManagedChannel> opener, @Nullable Duration maxAge, LongSupplier nanoClock) {
    this.opener = opener;
    this.maxAgeNanos = maxAge == null ? Long.MAX_VALUE : maxAge.toNanos();
    this.nanoClock = nanoClock;
    this.current = opener.get();
    this.openedNanos = nanoClock.getAsLong();
    this.connectNanos = openedNanos;
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
    long now = nanoClock.getAsLong();
    if (now - openedNanos >= maxAgeNanos) {
      ManagedChannel old = current;
      current = opener.get();
      openedNanos = now;
      old.shutdown();
    } else if (now - connectNanos >= BETWEEN_CONNECTS_NANOS
        && current.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      connectNanos = now;
      current.resetConnectBackoff();
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
