package io.winnow.decoder.grpc;

import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Singleton;

/**
 * Bounds the calls of one connection: each may send a request of many megabytes, which is in memory
 * before anybody can refuse it. A client's further calls wait at the client.
 */
@Singleton
@Unremovable
final class CallLimit implements ServerBuilderCustomizer<VertxServerBuilder> {

  private static final int CALLS_PER_CONNECTION = 64;

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder server) {
    server.nettyBuilder().maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION);
  }
}
