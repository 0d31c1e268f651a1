package io.winnow.e2e.drill;

import io.winnow.e2e.ScrapedMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
  private static final int PROBE_MILLIS = 10_000;

  private final Service service;
  private final String address;
  private final Path log;
  private final Process process;

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

  boolean isReady() {
    try {
      get(service.readyUrl(address));
      return true;
    } catch (IOException e) {
      return false; // it says no, or is not listening yet
    }
  }

  /** How many requests it has taken, by its own metrics. */
  double taken() throws IOException {
    return sum(service.takenMetric());
  }

  /** How many answers a decoder has under way, by its own metrics. */
  double live() throws IOException {
    return sum("winnow_decoder_answers_live ");
  }

  private double sum(String metric) throws IOException {
    return ScrapedMetrics.sum(get(service.metricsUrl(address)), metric);
  }

  /** As a kubelet does: a connection that is kept would hold up a Triton's end. */
  private static String get(URI uri) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setConnectTimeout(PROBE_MILLIS);
    connection.setReadTimeout(PROBE_MILLIS);
    connection.setRequestProperty("Connection", "close");
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      connection.disconnect();
    }
  }

  /** Asks it to stop, as a cluster does, and waits for its own end, which must be a good one. */
  void stop() throws IOException, InterruptedException {
    askToStop();
    awaitEnd(DRAIN);
  }

  void askToStop() {
    process.destroy();
  }

  void awaitEnd(Duration patience) throws IOException, InterruptedException {
    if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException(service.module() + " did not drain:\n" + Files.readString(log));
    }
    if (!service.endedWell(process.exitValue())) {
      throw new IOException(
          "%s ended with status %d:\n%s"
              .formatted(service.module(), process.exitValue(), Files.readString(log)));
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Keeps its connections, and does nothing, until {@link #wake}. */
  void sleep() throws IOException, InterruptedException {
    signal("STOP");
  }

  void wake() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("no signal " + name + " for " + service.module());
    }
  }

  void kill() {
    process.destroyForcibly();
  }
}
