package io.winnow.cli.mesh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The three services as processes on loopback. Closing stops them, and so does the end of this
 * process, in whatever way it ends.
 */
public final class Mesh implements AutoCloseable {

  public static final String ENCODER = "vision-encoder-svc";
  public static final String PRUNER = "pruner-svc";
  public static final String DECODER = "decoder-svc";

  /**
   * Longer than decoder-svc's own limits one after the other, 20 s for HTTP requests and 25 s for
   * answers, and the closing of its models.
   */
  private static final Duration DRAIN = Duration.ofSeconds(60);

  private static final Duration STARTUP = Duration.ofMinutes(2);
  private static final Duration STARTUP_PER_GIB =
      Duration.ofMinutes(2); // a slow disk, a busy machine

  /** Room for the latest thousand requests or so; on a laptop there is no collector. */
  private static final String TRACE_STORE = "8M";

  private static final Duration POLL = Duration.ofMillis(25);

  private final MeshPlan plan;
  private final Map<String, ServiceProcess> services = new LinkedHashMap<>();
  private volatile boolean closed;

  private Mesh(MeshPlan plan) {
    this.plan = plan;
  }

  /**
   * Starts the services and waits until all are ready. Leaves no process behind when that fails.
   *
   * @throws IOException if a service does not get ready; the message holds the end of its log
   */
  public static Mesh start(MeshPlan plan) throws IOException {
    Mesh mesh = new Mesh(plan);
    Runtime.getRuntime().addShutdownHook(new Thread(mesh::close, "mesh-stop"));
    boolean ready = false;
    try {
      mesh.launch();
      mesh.awaitReady();
      ready = true;
      return mesh;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the services started");
    } finally {
      if (!ready) {
        mesh.close();
      }
    }
  }

  /** Where the OpenAI-compatible API is. */
  public URI url() {
    return URI.create("http://127.0.0.1:" + plan.httpPort());
  }

  /** Where the services keep recent traces, decoder-svc first. */
  public List<URI> traceStores() {
    return List.of(DECODER, ENCODER, PRUNER).stream()
        .map(this::service)
        .map(service -> URI.create("http://127.0.0.1:" + service.ports().http()))
        .toList();
  }

  /** The process of a service; it may have ended. */
  public synchronized ServiceProcess service(String module) {
    ServiceProcess service = services.get(module);
    if (service == null) {
      throw new IllegalArgumentException("no service " + module);
    }
    return service;
  }

  public synchronized List<ServiceProcess> services() {
    return List.copyOf(services.values());
  }

  /** Whether the services are being stopped, or are. */
  public boolean isClosed() {
    return closed;
  }

  /** Stops decoder-svc first, so that answers under way can end, then the services behind it. */
  @Override
  public void close() {
    closed = true;
    stop();
  }

  private synchronized void stop() {
    ServiceProcess decoder = services.get(DECODER);
    if (decoder != null) {
      decoder.stop(DRAIN);
    }
    services.values().forEach(ServiceProcess::askToStop);
    services.values().forEach(service -> service.stop(DRAIN));
  }

  private void launch() throws IOException {
    Files.createDirectories(plan.logs());
    // The API's own is free as well, as long as decoder-svc does not listen.
    List<Integer> ports =
        FreePorts.find(6).stream().filter(port -> port != plan.httpPort()).toList();
    int encoderPort = ports.get(0);
    int prunerPort = ports.get(1);
    launch(
        ENCODER,
        new ServiceProcess.Ports(ports.get(2), encoderPort),
        Map.of("winnow.models", plan.models().toString()));
    launch(
        PRUNER,
        new ServiceProcess.Ports(ports.get(3), prunerPort),
        Map.of("winnow.pruner.gates.repository", plan.models().toString()));
    launch(
        DECODER,
        new ServiceProcess.Ports(plan.httpPort(), ports.get(4)),
        Map.of(
            "winnow.models", plan.models().toString(),
            "winnow.encoder.target", "127.0.0.1:" + encoderPort,
            "winnow.pruner.target", "127.0.0.1:" + prunerPort));
  }

  private synchronized void launch(
      String module, ServiceProcess.Ports ports, Map<String, String> settings) throws IOException {
    if (!closed) {
      Map<String, String> all = new LinkedHashMap<>(settings);
      all.put("winnow.traces.store-bytes", TRACE_STORE);
      services.put(module, ServiceProcess.start(module, plan, ports, all));
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Duration limit = startup();
    long end = System.nanoTime() + limit.toNanos();
    for (ServiceProcess service : services()) {
      while (!isReady(client, service)) {
        if (!service.isAlive()) {
          throw new IOException(
              "%s ended while it started; the end of its log:%n%s"
                  .formatted(service.module(), service.logTail()));
        }
        if (System.nanoTime() > end) {
          throw new IOException(
              "%s was not ready within %d s; the end of its log:%n%s"
                  .formatted(service.module(), limit.toSeconds(), service.logTail()));
        }
        Thread.sleep(POLL.toMillis());
      }
    }
  }

  /** Models are read and packed at the start. */
  private Duration startup() throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(plan.models())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return STARTUP.plus(STARTUP_PER_GIB.multipliedBy(bytes >> 30));
  }

  private static boolean isReady(HttpClient client, ServiceProcess service)
      throws InterruptedException {
    URI health = URI.create("http://127.0.0.1:" + service.ports().http() + "/q/health/ready");
    try {
      HttpRequest request = HttpRequest.newBuilder(health).timeout(Duration.ofSeconds(5)).build();
      return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false; // not listening yet
    }
  }
}
