package io.winnow.bench;

import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real Triton on loopback with the model that the client's tests echo through. */
final class EchoServer implements AutoCloseable {

  private static final Duration START = Duration.ofMinutes(10); // fetching the server included
  private static final CallSettings LOOK = CallSettings.within(Duration.ofSeconds(2));

  private final Process process;
  private final String address;

  private EchoServer(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Starts one and waits until it serves.
   *
   * @throws IOException if it does not; the message names its log
   */
  static EchoServer start(Path root, Path log) throws IOException, InterruptedException {
    String port = freePort();
    List<String> command =
        List.of(
            root.resolve("scripts/triton-from-wheel").toString(),
            "serve",
            "--repository",
            root.resolve("runtime/src/test/resources/triton-models").toString(),
            "--models",
            "echo",
            "--grpc-port",
            port,
            "--http-port",
            freePort(),
            "--metrics-port",
            freePort());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    EchoServer server = new EchoServer(process, "127.0.0.1:" + port);
    try {
      server.awaitModel();
      return server;
    } catch (IOException | InterruptedException | RuntimeException e) {
      server.close();
      throw new IOException("Triton does not serve, see " + log, e);
    }
  }

  private void awaitModel() throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    try (TritonEndpoint endpoint = TritonEndpoint.at(address)) {
      while (!serves(endpoint)) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new IOException(process.isAlive() ? "it takes too long" : "it has ended");
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private static boolean serves(TritonEndpoint endpoint) {
    try {
      return endpoint.modelReady("echo", "", LOOK);
    } catch (TritonException e) {
      return false;
    }
  }

  /** "host:port". */
  String address() {
    return address;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return Integer.toString(socket.getLocalPort());
    }
  }
}
