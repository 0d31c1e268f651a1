package io.winnow.decoder.grpc;

import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.winnow.runtime.mesh.PeerTarget;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The connections to the replicas of another service of the mesh, used in turn. After an outage
 * gRPC would wait up to two minutes before it tries again; a call makes it try at once, a second
 * apart at most.
 */
public final class PeerChannel implements Supplier<ManagedChannel>, AutoCloseable {

  private static final int MAX_MESSAGE_BYTES = 1 << 20;
  // Servers take more frequent pings for an attack unless they are told otherwise.
  private static final Duration KEEP_ALIVE = Duration.ofMinutes(6);
  private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);
  private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final PeerTarget target;
  private final ManagedChannel channel;
  private final AtomicLong lastRetry = new AtomicLong(System.nanoTime());

  /**
   * Connects at the first call, which waits for it: a peer may well start later than this service.
   *
   * @param credentials also say whether the connections are encrypted
   */
  public PeerChannel(PeerTarget target, ChannelCredentials credentials) {
    this.target = target;
    this.channel =
        Grpc.newChannelBuilder(target.uri(), credentials)
            .defaultLoadBalancingPolicy("round_robin")
            .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            // The calls only copy and post: a thread of its own would cost a hop per message.
            .directExecutor()
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
    } finally {
      target.close();
    }
  }
}
