package io.winnow.runtime.triton.client;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is made and kept.
 *
 * @param tls null: in clear text
 * @param maxMessageBytes bound of a received message; a larger one fails its call with
 *     RESOURCE_EXHAUSTED
 * @param maxRequestBytes bound of a sent message; a larger one is not sent, and fails the same way
 * @param keepaliveTime a connection that is silent for so long is probed; null: never. gRPC takes
 *     less than 10 s for 10 s. Below 5 minutes only where the server allows it (Triton's {@code
 *     --grpc-http2-max-ping-strikes} and its neighbours): it ends the connection of a client that
 *     probes too often
 * @param keepaliveTimeout a probe must be answered within
 * @param keepaliveWithoutCalls whether idle connections are probed too
 * @param idleTimeout a connection without calls is closed after; the next call opens one
 * @param maxAge a connection takes no new call after, so that the name is resolved anew; calls on
 *     it go on. Null: no bound
 * @param executor runs listeners; null: gRPC's shared pool. One that runs tasks at once saves a
 *     thread switch where no listener blocks
 */
public record ChannelSettings(
    @Nullable TlsSettings tls,
    int maxMessageBytes,
    int maxRequestBytes,
    @Nullable Duration keepaliveTime,
    Duration keepaliveTimeout,
    boolean keepaliveWithoutCalls,
    Duration idleTimeout,
    @Nullable Duration maxAge,
    @Nullable Executor executor) {

  private static final int MEBIBYTE = 1 << 20;

  public ChannelSettings {
    requirePositive(maxMessageBytes, "maxMessageBytes");
    requirePositive(maxRequestBytes, "maxRequestBytes");
    requirePositive(keepaliveTime, "keepaliveTime");
    requirePositive(keepaliveTimeout, "keepaliveTimeout");
    requirePositive(idleTimeout, "idleTimeout");
    requirePositive(maxAge, "maxAge");
  }

  /** Clear text, messages up to 256 MiB either way, no probes, idle after 30 minutes, any age. */
  public static ChannelSettings defaults() {
    return new ChannelSettings(
        null,
        256 * MEBIBYTE,
        256 * MEBIBYTE,
        null,
        Duration.ofSeconds(20),
        false,
        Duration.ofMinutes(30),
        null,
        null);
  }

  /** With TLS. */
  public ChannelSettings withTls(TlsSettings settings) {
    return new ChannelSettings(
        settings,
        maxMessageBytes,
        maxRequestBytes,
        keepaliveTime,
        keepaliveTimeout,
        keepaliveWithoutCalls,
        idleTimeout,
        maxAge,
        executor);
  }

  /** With another bound of received messages. */
  public ChannelSettings withMaxMessageBytes(int bytes) {
    return new ChannelSettings(
        tls,
        bytes,
        maxRequestBytes,
        keepaliveTime,
        keepaliveTimeout,
        keepaliveWithoutCalls,
        idleTimeout,
        maxAge,
        executor);
  }

  /** With another bound of sent messages. */
  public ChannelSettings withMaxRequestBytes(int bytes) {
    return new ChannelSettings(
        tls,
        maxMessageBytes,
        bytes,
        keepaliveTime,
        keepaliveTimeout,
        keepaliveWithoutCalls,
        idleTimeout,
        maxAge,
        executor);
  }

  /** Probes silent connections. */
  public ChannelSettings withKeepalive(Duration time, Duration timeout, boolean withoutCalls) {
    return new ChannelSettings(
        tls,
        maxMessageBytes,
        maxRequestBytes,
        time,
        timeout,
        withoutCalls,
        idleTimeout,
        maxAge,
        executor);
  }

  /** With other bounds of a connection's idle time and age. */
  public ChannelSettings withLifetime(Duration idle, @Nullable Duration age) {
    return new ChannelSettings(
        tls,
        maxMessageBytes,
        maxRequestBytes,
        keepaliveTime,
        keepaliveTimeout,
        keepaliveWithoutCalls,
        idle,
        age,
        executor);
  }

  /** Runs listeners elsewhere. */
  public ChannelSettings withExecutor(Executor other) {
    return new ChannelSettings(
        tls,
        maxMessageBytes,
        maxRequestBytes,
        keepaliveTime,
        keepaliveTimeout,
        keepaliveWithoutCalls,
        idleTimeout,
        maxAge,
        other);
  }

  private static void requirePositive(int bytes, String name) {
    if (bytes < 1) {
      throw new IllegalArgumentException(name + " is " + bytes);
    }
  }

  private static void requirePositive(@Nullable Duration duration, String name) {
    if (duration != null && (duration.isNegative() || duration.isZero())) {
      throw new IllegalArgumentException(name + " " + duration + " is not positive");
    }
  }
}
