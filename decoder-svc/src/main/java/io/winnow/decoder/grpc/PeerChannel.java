package io.winnow.decoder.grpc;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The connection to another service of the mesh: all its addresses in turn, plain text. After an
 * outage gRPC would wait up to two minutes before it tries again; a call makes it try at once, a
 * second apart at most.
 */
public final class PeerChannel implements Supplier<ManagedChannel>, AutoCloseable {

  private static final int MAX_MESSAGE_BYTES = 1 << 20;
  // Servers take more frequent pings for an attack unless they are told otherwise.
  private static final Duration KEEP_ALIVE = Duration.ofMinutes(6);
  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final ManagedChannel channel;
  private final AtomicLong lastRetry = new AtomicLong(System.nanoTime());

  /**
   * Connects at the first call, which waits for it: a peer may well start later than this service.
   *
   * @param target host:port, or a gRPC target with a scheme
   */
  public PeerChannel(String target) {
    this.channel =
        ManagedChannelBuilder.forTarget(target.contains(":///") ? target : "dns:///" + target)
            .defaultLoadBalancingPolicy("round_robin")
            .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            // The calls only copy and post: a thread of its own would cost a hop per message.
            .directExecutor()
            .usePlaintext()
            .build();
  }

  @Override
  public ManagedChannel get() {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      long last = lastRetry.get();
      long now = System.nanoTime();
      if (now - last > RETRY_NANOS && lastRetry.compareAndSet(last, now)) {
        channel.resetConnectBackoff();
      }
    }
    return channel;
  }

  /** Lets calls under way end, for a moment. */
  @Override
  public void close() {
    channel.shutdown();
    try {
      if (!channel.awaitTermination(CLOSE_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException e) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
