package io.winnow.runtime.triton;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real tritonserver on loopback, of {@code scripts/triton-from-wheel}, on free ports. Tests
 * start, stop, kill, freeze and restart it; the ports stay the same. Not thread-safe.
 */
public final class RealTriton implements AutoCloseable {

  private static final Duration START = Duration.ofSeconds(120); // an installation included
  private static final int STARTS = 3;
  private static final Duration STOP = Duration.ofSeconds(90); // its own limit is 30 s
  private static final int CALL_MILLIS = 60_000; // loading a model included
  private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

  private final Path repository;
  private final List<String> options;
  private final int grpcPort;
  private final int httpPort;
  private final int metricsPort;
  private final Path log;
  private Process process;

  private RealTriton(Path repository, List<String> options) {
    this.repository = repository;
    this.options = List.copyOf(options);
    List<Integer> ports = freePorts();
    this.grpcPort = ports.get(0);
    this.httpPort = ports.get(1);
    this.metricsPort = ports.get(2);
    this.log = Path.of("target", "triton-" + grpcPort + ".log").toAbsolutePath();
    this.process = launch();
    awaitReady();
  }

  /**
   * Starts a server and waits until it takes requests.
   *
   * @param repository model repository
   * @param options of the script, such as {@code --models none}
   */
  public static RealTriton start(Path repository, String... options) {
    return new RealTriton(repository, List.of(options));
  }

  /** "host:port" of gRPC. */
  public String address() {
    return "127.0.0.1:" + grpcPort;
  }

  /** What the server writes. */
  public Path log() {
    return log;
  }

  /** Process id of the server. */
  public long pid() {
    return process.pid();
  }

  /** Kills it at once, as a crash does. */
  public void kill() {
    List<ProcessHandle> programs = process.descendants().toList();
    process.destroyForcibly();
    awaitExit();
    programs.forEach(ProcessHandle::destroyForcibly); // the Python ones may outlive their server
  }

  /** Asks it to stop, and waits. */
  public void stop() {
    process.destroy();
    awaitExit();
  }

  /** Stops its threads where they are: it hangs, its connections stay. */
  public void freeze() {
    signal("STOP");
    while (process.isAlive()
        && !frozen()) { // a thread that runs on another processor stops a little later
      pause();
    }
  }

  private boolean frozen() {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
      for (Path thread : threads.toList()) {
        String status = Files.readString(thread.resolve("stat"));
        if (status.charAt(status.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // a thread ended meanwhile
    }
  }

  /** Lets it go on after {@link #freeze}. */
  public void thaw() {
    signal("CONT");
  }

  /** Starts it again on the same ports, and waits until it takes requests. */
  public void restart() {
    process = launch();
    awaitReady();
  }

  /** Loads a model, or loads it again if its files have changed; waits. */
  public void load(String model) {
    repositoryCall(model, "load");
  }

  /** Begins to unload a model; what runs on it goes on. */
  public void unload(String model) {
    repositoryCall(model, "unload");
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      thaw();
      process.destroy();
      try {
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
          kill();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }

  private Process launch() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("winnow.root"), "scripts/triton-from-wheel").toString());
    command.addAll(List.of("serve", "--repository", repository.toString()));
    command.addAll(List.of("--grpc-port", Integer.toString(grpcPort)));
    command.addAll(List.of("--http-port", Integer.toString(httpPort)));
    command.addAll(List.of("--metrics-port", Integer.toString(metricsPort)));
    command.addAll(options);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    try {
      Files.createDirectories(log.getParent());
      return builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** On a busy machine this version's Python backend now and then aborts while it starts. */
  private void awaitReady() {
    for (int starts = 1; !becomesReady(); starts++) {
      if (starts == STARTS) {
        throw new IllegalStateException("Triton ends with " + process.exitValue() + ", see " + log);
      }
      process = launch();
    }
  }

  /** Waits until it takes requests; false if it ends instead. */
  private boolean becomesReady() {
    long end = System.nanoTime() + START.toNanos();
    while (!ready()) {
      if (!process.isAlive()) {
        return false;
      }
      if (System.nanoTime() > end) {
        close();
        throw new IllegalStateException("Triton is not ready, see " + log);
      }
      pause();
    }
    return true;
  }

  private boolean ready() {
    try {
      return call("GET", "health/ready") == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private void repositoryCall(String model, String verb) {
    try {
      int status = call("POST", "repository/models/" + model + "/" + verb);
      if (status != 200) {
        throw new IllegalStateException(verb + " " + model + " gives " + status + ", see " + log);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Status of an HTTP call. Closes the connection, which a stopping server would wait for. */
  private int call(String method, String path) throws IOException {
    URL url = new URL("http://127.0.0.1:" + httpPort + "/v2/" + path);
    HttpURLConnection connection = (HttpURLConnection) url.openConnection();
    connection.setRequestMethod(method);
    connection.setRequestProperty("Connection", "close");
    connection.setConnectTimeout(CALL_MILLIS);
    connection.setReadTimeout(CALL_MILLIS);
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }

  private void awaitExit() {
    try {
      if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("Triton does not end, see " + log);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while Triton ends", e);
    }
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while a signal is sent", e);
    }
  }

  /** A process of another program has no condition to wait on. */
  public static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while Triton starts", e);
    }
  }

  private static List<Integer> freePorts() {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int port = 0; port < 3; port++) {
        held.add(new ServerSocket(0));
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      for (ServerSocket socket : held) {
        try {
          socket.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
