package io.winnow.runtime.triton.client;

import com.google.protobuf.MessageLite;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One server as routing sees it: its channel, its load and its health. Thread-safe. */
final class Backend implements AutoCloseable {

  private final String address;
  private final AgedChannel channel;
  private final EndpointHealth health;
  private final LongSupplier nanoClock;
  private final @Nullable RegionPool regions;
  private final int maxRequestBytes;
  private final AtomicInteger outstanding = new AtomicInteger();

  Backend(String address, AgedChannel channel, ClientSettings settings, LongSupplier nanoClock) {
    SharedMemorySettings sharing = settings.sharedMemory();
    this.address = address;
    this.channel = channel;
    this.health = new EndpointHealth(settings.ejection());
    this.nanoClock = nanoClock;
    this.maxRequestBytes = settings.channel().maxRequestBytes();
    UnaryCalls calls = new UnaryCalls(avoid -> lease(), RetryPolicy.none());
    this.regions =
        sharing.limitBytes() == 0
            ? null
            : new RegionPool(
                sharing,
                new RegionServer(new SharedMemoryControl(calls), new ServerControl(calls)),
                address,
                nanoClock);
  }

  static Backend at(String address, ClientSettings settings) {
    ChannelSettings channel = settings.channel();
    return new Backend(
        address,
        new AgedChannel(Channels.opener(address, channel), channel.maxAge(), System::nanoTime),
        settings,
        System::nanoTime);
  }

  String address() {
    return address;
  }

  Channel channel() {
    return channel.get();
  }

  /**
   * Checks a message before it is sent.
   *
   * @throws StatusRuntimeException RESOURCE_EXHAUSTED if it is above the bound
   */
  void requireFitting(Object message) {
    if (message instanceof MessageLite sent && sent.getSerializedSize() > maxRequestBytes) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "the request has %d bytes, above the limit of %d; it was not sent"
                  .formatted(sent.getSerializedSize(), maxRequestBytes))
          .asRuntimeException();
    }
  }

  EndpointHealth health() {
    return health;
  }

  /** Shared memory of this host and the server; null where it is off. */
  @Nullable RegionPool regions() {
    return regions;
  }

  /** Calls, streams and pins that have begun and not ended. */
  int outstanding() {
    return outstanding.get();
  }

  /** Counts a call until the lease is ended. */
  Lease lease() {
    outstanding.incrementAndGet();
    return new Lease(this);
  }

  @Override
  public void close() {
    if (regions != null) {
      regions.close();
    }
    channel.close();
  }

  /** One call's, stream's or pin's share of the load. */
  static final class Lease {

    private final Backend backend;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Lease(Backend backend) {
      this.backend = backend;
    }

    Backend backend() {
      return backend;
    }

    /** Ends it, with what the call says about the server's health. Idempotent. */
    void end(Status.Code code) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      backend.outstanding.decrementAndGet();
      switch (code) {
        case UNAVAILABLE, DEADLINE_EXCEEDED ->
            backend.health.onFailure(backend.nanoClock.getAsLong());
        case CANCELLED -> {
          // the caller's own doing: says nothing
        }
        default -> backend.health.onAnswer();
      }
    }

    /** The server is alive, as a message shows. */
    void onMessage() {
      backend.health.onAnswer();
    }
  }
}
