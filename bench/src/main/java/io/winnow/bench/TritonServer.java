package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.triton.TritonRuntimes;
import io.winnow.runtime.triton.TritonSettings;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real Triton on loopback that runs one decoder, and the runtime that speaks with it. */
final class TritonServer implements AutoCloseable {

  private static final long START_SECONDS = 600; // fetching the server and large weights included
  private static final long STOP_SECONDS = 60;

  private final Process process;
  private final DecoderRuntime decoder;

  private TritonServer(Process process, DecoderRuntime decoder) {
    this.process = process;
    this.decoder = decoder;
  }

  /** Starts one and waits until the decoder serves. */
  static TritonServer start(Path root, RepositoryModel model, File log)
      throws IOException, InterruptedException {
    String port = Integer.toString(freePort());
    List<String> command =
        List.of(
            root.resolve("scripts/triton-from-wheel").toString(),
            "serve",
            "--repository",
            model.root().toAbsolutePath().toString(),
            "--models",
            model.name() + "-decoder",
            "--grpc-port",
            port,
            "--http-port",
            Integer.toString(freePort()),
            "--metrics-port",
            Integer.toString(freePort()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    DecoderRuntime decoder =
        TritonRuntimes.decoder(model, "127.0.0.1:" + port, TritonSettings.defaults());
    TritonServer server = new TritonServer(process, decoder);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!decoder.alive()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        server.close();
        throw new IOException("Triton does not serve " + model.name() + ", see " + log);
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return server;
  }

  DecoderRuntime decoder() {
    return decoder;
  }

  @Override
  public void close() {
    decoder.close();
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
