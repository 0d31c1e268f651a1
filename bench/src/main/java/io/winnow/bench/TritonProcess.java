package io.winnow.bench;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A real Triton on free ports of loopback, fetched from the package registry where it is missing.
 */
final class TritonProcess implements AutoCloseable {

  private static final Duration START = Duration.ofMinutes(10); // fetching and large weights
  private static final Duration STOP = Duration.ofMinutes(1);

  private final Process process;
  private final String address;
  private final File log;

  private TritonProcess(Process process, String address, File log) {
    this.process = process;
    this.address = address;
    this.log = log;
  }

  /**
   * Starts one; it loads its model meanwhile.
   *
   * @param root checkout
   * @param repository model repository
   * @param model the one that it loads
   */
  static TritonProcess start(Path root, Path repository, String model, File log)
      throws IOException {
    String port = freePort();
    List<String> command =
        List.of(
            root.resolve("scripts/triton-from-wheel").toString(),
            "serve",
            "--repository",
            repository.toAbsolutePath().toString(),
            "--models",
            model,
            "--grpc-port",
            port,
            "--http-port",
            freePort(),
            "--metrics-port",
            freePort());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    return new TritonProcess(process, "127.0.0.1:" + port, log);
  }

  /** "host:port" of gRPC. */
  String address() {
    return address;
  }

  /**
   * Waits until it serves.
   *
   * @throws IOException if it ends or takes too long; the message names its log
   */
  void await(BooleanSupplier serves) throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    while (!serves.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException("Triton does not serve, see " + log);
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
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
