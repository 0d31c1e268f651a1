package io.winnow.e2e;

import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.chat.Question;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.modelkit.TritonBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The three services as built, on the bundled model, as processes with little memory. */
final class TestMesh implements AutoCloseable {

  static final Path ROOT = Path.of(System.getProperty("winnow.root"));

  /** A tight heap turns a buffer without a bound into a failure. */
  private static final String HEAP = "-Xmx400m";

  /** A busy machine must not change what is compared. */
  private static final Map<String, String> PATIENCE =
      Map.of("winnow.decoder.plan-timeout", "60s", "winnow.decoder.verdict-timeout", "60s");

  private final Mesh mesh;

  private TestMesh(Mesh mesh) {
    this.mesh = mesh;
  }

  static TestMesh start() {
    return start("demo");
  }

  /** Serves the bundled model once under each of the names. */
  static TestMesh start(String... names) {
    return serveDemo(Map.of(), names);
  }

  /** Serves the bundled model, with further settings by module. */
  static TestMesh serveDemo(Map<String, Map<String, String>> settings) {
    return serveDemo(settings, "demo");
  }

  /** Serves the bundled model as "demo", cut into so many segments. */
  static TestMesh serveDemo(Map<String, Map<String, String>> settings, int segments) {
    Path models = ROOT.resolve("e2e/target/models/segments-" + segments);
    return exportAndServe(
        List.of(
            new ExportRequest(
                ROOT.resolve("demo-model/checkpoint"), models, "demo", segments, "fp32")),
        settings);
  }

  private static TestMesh serveDemo(Map<String, Map<String, String>> settings, String... names) {
    Path models = ROOT.resolve("e2e/target/models").resolve(String.join("+", names));
    return exportAndServe(
        Stream.of(names)
            .map(name -> ExportRequest.of(ROOT.resolve("demo-model/checkpoint"), models, name))
            .toList(),
        settings);
  }

  private static TestMesh exportAndServe(
      List<ExportRequest> requests, Map<String, Map<String, String>> settings) {
    try {
      for (ExportRequest request : requests) {
        if (!Exporter.isUpToDate(request)) {
          Exporter.export(request, (file, done, total) -> {});
        }
      }
      return serve(requests.get(0).repository(), settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A repository of the bundled model that a Triton without ONNX Runtime backend loads. */
  static Path demoForTriton() {
    Path models = ROOT.resolve("e2e/target/models/triton");
    ExportRequest request =
        ExportRequest.of(ROOT.resolve("demo-model/checkpoint"), models, "demo")
            .withTritonBackend(TritonBackend.PYTHON);
    try {
      if (!Exporter.isUpToDate(request)) {
        Exporter.export(request, (file, done, total) -> {});
      }
      return models;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serves a repository, with further settings by module. */
  static TestMesh serve(Path models, Map<String, Map<String, String>> settings) throws IOException {
    int port = FreePorts.find(1).get(0);
    List<String> flags = Stream.concat(MeshPlan.QUICK_START.stream(), Stream.of(HEAP)).toList();
    Path logs = ROOT.resolve("e2e/target/logs").resolve(Integer.toString(port));
    return new TestMesh(
        Mesh.start(new MeshPlan(ROOT, models, port, logs, flags, patient(settings))));
  }

  private static Map<String, Map<String, String>> patient(
      Map<String, Map<String, String>> settings) {
    Map<String, String> decoder = new HashMap<>(PATIENCE);
    decoder.putAll(settings.getOrDefault(Mesh.DECODER, Map.of()));
    Map<String, Map<String, String>> all = new HashMap<>(settings);
    all.put(Mesh.DECODER, decoder);
    return all;
  }

  URI url() {
    return mesh.url();
  }

  /** Waits until decoder-svc's readiness is this status. */
  void awaitReady(int status) throws IOException, InterruptedException {
    awaitReady(Mesh.DECODER, status);
  }

  /** Waits until readiness is this status; another process has no condition to wait on. */
  void awaitReady(String module, int status) throws IOException, InterruptedException {
    URI ready = URI.create("http://127.0.0.1:" + httpPort(module) + "/q/health/ready");
    HttpRequest request = HttpRequest.newBuilder(ready).build();
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    for (int round = 0; round < 600; round++) {
      if (http.send(request, BodyHandlers.discarding()).statusCode() == status) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError(module + "'s readiness is never " + status);
  }

  ProcessHandle process(String module) {
    return mesh.service(module).handle();
  }

  Path log(String module) {
    return mesh.service(module).log();
  }

  int awaitExit(String module) {
    return mesh.service(module).awaitExit();
  }

  int httpPort(String module) {
    return mesh.service(module).ports().http();
  }

  int grpcPort(String module) {
    return mesh.service(module).ports().grpc();
  }

  /**
   * What a scrape of a service's metrics gets.
   *
   * @param accept the Accept header
   */
  String scrape(String module, String accept) throws IOException, InterruptedException {
    return get(module, "/q/metrics", accept);
  }

  /** What a service's HTTP port answers. */
  String get(String module, String path, String accept) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + httpPort(module) + path);
    HttpRequest request = HttpRequest.newBuilder(uri).header("Accept", accept).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  Answer ask(DemoQuestion question) throws IOException {
    return ask(question.pictureBytes(), question.text());
  }

  Answer ask(byte[] picture, String text) throws IOException {
    Question asked = new Question(picture, text, Optional.of("demo"), OptionalInt.empty());
    return new ChatClient(url()).ask(asked, piece -> {});
  }

  @Override
  public void close() {
    mesh.close();
  }
}
