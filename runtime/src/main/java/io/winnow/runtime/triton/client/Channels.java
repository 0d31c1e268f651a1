package io.winnow.runtime.triton.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.winnow.runtime.mesh.FollowedTls;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens gRPC channels as {@link ChannelSettings} say. */
final class Channels {

  private Channels() {}

  /**
   * Opens channels; a connection is made by the first call. The files of TLS are read here, and
   * again for each connection.
   *
   * @throws IllegalArgumentException if a TLS file is missing or broken; the message names it
   */
  static Supplier<ManagedChannel> opener(String target, ChannelSettings settings) {
    ChannelCredentials credentials = credentials(settings.tls());
    return () -> open(target, credentials, settings);
  }

  private static ManagedChannel open(
      String target, ChannelCredentials credentials, ChannelSettings settings) {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(target, credentials)
            .maxInboundMessageSize(settings.maxMessageBytes())
            .keepAliveTimeout(settings.keepaliveTimeout().toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveWithoutCalls(settings.keepaliveWithoutCalls())
            .idleTimeout(settings.idleTimeout().toNanos(), TimeUnit.NANOSECONDS)
            .disableServiceConfigLookUp(); // what may be repeated the caller knows, not DNS
    if (settings.keepaliveTime() != null) {
      builder.keepAliveTime(settings.keepaliveTime().toNanos(), TimeUnit.NANOSECONDS);
    }
    if (settings.executor() != null) {
      builder.executor(settings.executor());
    }
    if (settings.tls() != null && settings.tls().serverName() != null) {
      builder.overrideAuthority(settings.tls().serverName());
    }
    return builder.build();
  }

  private static ChannelCredentials credentials(@Nullable TlsSettings tls) {
    return tls == null
        ? InsecureChannelCredentials.create()
        : FollowedTls.ofClient("TLS ", tls.certificate(), tls.key(), tls.authorities())
            .towardsNames();
  }
}
