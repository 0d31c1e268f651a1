package io.winnow.runtime.triton.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** Opens gRPC channels as {@link ChannelSettings} say. */
final class Channels {

  private Channels() {}

  /**
   * Opens a channel; the connection is made by the first call.
   *
   * @throws UncheckedIOException if a TLS file cannot be read
   */
  static ManagedChannel open(String target, ChannelSettings settings) {
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder(target, credentials(settings))
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

  private static ChannelCredentials credentials(ChannelSettings settings) {
    TlsSettings tls = settings.tls();
    if (tls == null) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (tls.authorities() != null) {
        builder.trustManager(tls.authorities().toFile());
      }
      if (tls.certificate() != null && tls.key() != null) {
        builder.keyManager(tls.certificate().toFile(), tls.key().toFile());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a TLS file cannot be read: " + e.getMessage(), e);
    }
    return builder.build();
  }
}
