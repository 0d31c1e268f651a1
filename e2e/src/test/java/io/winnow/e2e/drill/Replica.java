package io.winnow.e2e.drill;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One process of a service on one host, at the service's usual ports. */
final class Replica {

  private static final Duration STARTUP = Duration.ofMinutes(3);
  private static final Duration DRAIN = Duration.ofMinutes(2);
  private static final long POLL_MILLIS = 100;

  private final Service service;
  private final String address;
  private final Path log;
  private final Process process;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Replica(Service service, String address, Path log, Process process) {
    this.service = service;
    this.address = address;
    this.log = log;
    this.process = process;
  }

  /** Starts a process, which is not ready yet. */
  static Replica start(Service service, Hosts hosts, int host, List<String> flags, Path models)
      throws IOException {
    String address = hosts.address(host);
    Path log = models.resolveSibling(service.module() + "-" + host + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(hosts.on(host, service.command(address, flags, models)));
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new Replica(service, address, log, builder.start());
  }

  Service service() {
    return service;
  }

  String address() {
    return address;
  }

  void awaitReady() throws IOException, InterruptedException {
    long end = System.nanoTime() + STARTUP.toNanos();
    while (!isReady()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException(service.module() + " is not ready:\n" + Files.readString(log));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get(service.readyUrl(address)).statusCode() == 200;
    } catch (IOException e) {
      return false; // not listening yet
    }
  }

  /** How many requests it has taken, by its own metrics. */
  double taken() throws IOException, InterruptedException {
    return get(service.metricsUrl(address))
        .body()
        .lines()
        .filter(line -> line.startsWith(service.takenMetric()))
        .mapToDouble(line -> Double.parseDouble(value(line)))
        .sum();
  }

  /** NAME{LABELS} VALUE, and in OpenMetrics perhaps an exemplar behind it. */
  private static String value(String line) {
    String rest = line.contains("}") ? line.substring(line.indexOf("} ") + 2) : line.split(" ")[1];
    return rest.split(" ")[0];
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
        BodyHandlers.ofString());
  }

  /** Asks it to stop, as a cluster does, and waits for its own end. */
  void stop() throws IOException, InterruptedException {
    process.destroy();
    if (!process.waitFor(DRAIN.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException(service.module() + " did not drain:\n" + Files.readString(log));
    }
  }

  void kill() {
    process.destroyForcibly();
  }
}
