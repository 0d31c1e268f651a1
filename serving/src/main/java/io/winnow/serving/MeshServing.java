package io.winnow.serving;

import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import io.winnow.runtime.mesh.MeshNetwork;
import jakarta.inject.Singleton;

/** Has the gRPC server take calls as the mesh's settings say. */
@Singleton
@Unremovable
final class MeshServing implements ServerBuilderCustomizer<VertxServerBuilder> {

  private final MeshNetwork mesh;

  MeshServing(MeshNetwork mesh) {
    this.mesh = mesh;
  }

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder server) {
    mesh.serve(server.nettyBuilder());
  }
}
