package io.winnow.e2e.drill;

import io.winnow.cli.mesh.Mesh;
import io.winnow.runtime.process.StopRequests;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The three services and the server that runs their models, as a cluster knows them.
 *
 * <p>{@code takenMetric} is the counter that grows with each request that a replica takes.
 */
enum Service {
  ENCODER(Mesh.ENCODER, 7111, 7101, "winnow_encoder_cache_lookups_total"),
  PRUNER(Mesh.PRUNER, 7112, 7102, "winnow_pruner_decisions_total"),
  DECODER(Mesh.DECODER, 8080, 7103, "gen_ai_server_request_duration_seconds_count"),
  /** Metrics have a port of their own there, see {@link #metricsUrl}. */
  TRITON("triton", 8000, 8001, "nv_inference_request_success{model=\"demo-decoder\"");

  private static final int TRITON_METRICS_PORT = 8002;
  static final Path ROOT = Path.of(System.getProperty("winnow.root"));
  private static final String TRITON_SCRIPT = ROOT.resolve("scripts/triton-from-wheel").toString();

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

  /** Fetches the server, which replicas cannot: their hosts reach nobody but each other. */
  static void installTriton() throws IOException, InterruptedException {
    Process install = new ProcessBuilder(TRITON_SCRIPT, "install").inheritIO().start();
    if (install.waitFor() != 0) {
      throw new IOException(TRITON_SCRIPT + " install failed");
    }
  }

  /** The command that runs a replica which listens on this address, at the usual ports. */
  List<String> command(String address, List<String> jvmFlags, Path models) {
    if (this == TRITON) {
      return List.of(
          TRITON_SCRIPT,
          "serve",
          "--repository",
          models.toString(),
          "--models",
          "demo-decoder",
          "--host",
          address);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.add("-Dquarkus.http.host=" + address);
    command.add("-Dquarkus.grpc.server.host=" + address);
    command.add("-jar");
    command.add(ROOT.resolve(module).resolve("target/quarkus-app/quarkus-run.jar").toString());
    command.add(StopRequests.STOP_WITH_PARENT);
    return command;
  }

  /**
   * Whether a replica that was asked to stop did so in order. A Triton is not judged by its end: it
   * sometimes waits for a model at rest until its exit timeout, and its status is 1 either way.
   */
  boolean endedWell(int status) {
    return this == TRITON || status == 0;
  }

  /** Where a replica says whether it is ready. */
  URI readyUrl(String address) {
    String path = this == TRITON ? "/v2/health/ready" : "/q/health/ready";
    return URI.create("http://" + address + ":" + httpPort + path);
  }

  /** Where a replica's metrics are. */
  URI metricsUrl(String address) {
    return this == TRITON
        ? URI.create("http://" + address + ":" + TRITON_METRICS_PORT + "/metrics")
        : URI.create("http://" + address + ":" + httpPort + "/q/metrics");
  }
}
