package io.winnow.e2e.drill;

import io.winnow.cli.mesh.Mesh;
import java.nio.file.Path;

/**
 * The three services, as a cluster knows them.
 *
 * <p>{@code takenMetric} is the counter that grows with each request that a replica takes.
 */
enum Service {
  ENCODER(Mesh.ENCODER, 7111, 7101, "winnow_encoder_cache_lookups_total"),
  PRUNER(Mesh.PRUNER, 7112, 7102, "winnow_pruner_decisions_total"),
  DECODER(Mesh.DECODER, 8080, 7103, "gen_ai_server_request_duration_seconds_count");

  private static final Path ROOT = Path.of(System.getProperty("winnow.root"));

  private final String module;
  private final int httpPort;
  private final int grpcPort;
  private final String takenMetric;

  Service(String module, int httpPort, int grpcPort, String takenMetric) {
    this.module = module;
    this.httpPort = httpPort;
    this.grpcPort = grpcPort;
    this.takenMetric = takenMetric;
  }

  String module() {
    return module;
  }

  int httpPort() {
    return httpPort;
  }

  int grpcPort() {
    return grpcPort;
  }

  String takenMetric() {
    return takenMetric;
  }

  /** Its name in {@link Names}. */
  String dns() {
    return module + ".winnow.test";
  }

  String target() {
    return dns() + ":" + grpcPort;
  }

  Path jar() {
    return ROOT.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
  }
}
