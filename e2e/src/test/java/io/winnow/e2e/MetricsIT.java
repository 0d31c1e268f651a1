package io.winnow.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.mesh.Mesh;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What Prometheus gets of the running services, which {@code .ci/metrics} then has promtool read.
 */
@ExtendWith(SharedMesh.class)
class MetricsIT {

  private static final Path MONITORING = TestMesh.ROOT.resolve("k8s/components/monitoring");
  private static final Path SCRAPES = TestMesh.ROOT.resolve("e2e/target/metrics");
  private static final List<String> SERVICES = List.of(Mesh.ENCODER, Mesh.PRUNER, Mesh.DECODER);

  /** Series of the services as queries name them; what else is there comes from the cluster. */
  private static final Pattern SERIES =
      Pattern.compile("\\b(?:winnow|gen_ai_server|process|jvm)_[a-z_0-9]+\\b(?!:)");

  @Test
  void everyMetricThatRulesDashboardAndAutoscalersNameIsThere(TestMesh mesh) throws Exception {
    mesh.ask(DemoQuestion.TELLING);
    Set<String> there = new TreeSet<>();
    Files.createDirectories(SCRAPES);
    for (String service : SERVICES) {
      String scrape = mesh.scrape(service, "text/plain");
      Files.writeString(SCRAPES.resolve(service + ".prom"), scrape);
      there.addAll(series(scrape));
    }

    for (Path file : queries()) {
      Set<String> named = named(file);
      named.removeIf(name -> there.contains(name) || there.contains(name + "_count"));
      assertThat(named).as("named by %s, but given by no service", file).isEmpty();
    }
  }

  @Test
  void anAnswerIsSeenAtEveryStage(TestMesh mesh) throws Exception {
    double before = value(mesh.scrape(Mesh.DECODER, "text/plain"), tokensKept());
    mesh.ask(DemoQuestion.TELLING);

    String decoder = mesh.scrape(Mesh.DECODER, "text/plain");
    assertThat(value(decoder, tokensKept()) - before).isEqualTo(576);
    assertThat(decoder)
        .containsPattern(
            "gen_ai_server_time_to_first_token_seconds_count\\{.*model=\"demo\",} [1-9]")
        .containsPattern("winnow_decoder_prefill_seconds_count\\{model=\"demo\",} [1-9]");
    assertThat(mesh.scrape(Mesh.ENCODER, "text/plain"))
        .containsPattern("winnow_encoder_encode_seconds_count\\{model=\"demo\",} [1-9]");
    assertThat(mesh.scrape(Mesh.PRUNER, "text/plain"))
        .containsPattern("winnow_pruner_decisions_total\\{method=\"none\",.*} [1-9]");
  }

  /** Whatever a caller names, or does wrong, more than once. */
  @Test
  void noCallerCanMakeSeries(TestMesh mesh) throws Exception {
    askOddly(mesh, "first");
    Set<String> before = labelled(mesh);
    for (int number = 0; number < 10; number++) {
      askOddly(mesh, "odd-" + number);
    }

    assertThat(labelled(mesh)).isEqualTo(before);
  }

  private static void askOddly(TestMesh mesh, String word) throws Exception {
    Api api = new Api(mesh.url());
    ObjectNode unknownModel = Api.question(DemoQuestion.TELLING);
    unknownModel.put("model", word);
    assertThat(api.post(unknownModel).status()).isEqualTo(404);
    ObjectNode unknownMethod = Api.question(DemoQuestion.TELLING);
    unknownMethod.putObject("visual_token_reduction").put("method", word);
    assertThat(api.post(unknownMethod).status()).isEqualTo(400);
    assertThat(api.post(Api.question(word.getBytes(UTF_8), word)).status()).isEqualTo(400);
    assertThat(mesh.get(Mesh.DECODER, "/" + word, "*/*")).isNotNull();
  }

  /** Series with their labels, of all services; the JVM's own come as its collector works. */
  private static Set<String> labelled(TestMesh mesh) throws Exception {
    Set<String> all = new TreeSet<>();
    for (String service : SERVICES) {
      mesh.scrape(service, "text/plain")
          .lines()
          .filter(line -> !line.startsWith("#") && !line.startsWith("jvm_"))
          .map(line -> service + " " + line.substring(0, line.lastIndexOf(' ')))
          .forEach(all::add);
    }
    return all;
  }

  @Test
  void healthProbesAreInNoMetric(TestMesh mesh) throws Exception {
    for (String service : SERVICES) {
      String before = latencies(mesh, service);
      for (int probe = 0; probe < 3; probe++) {
        assertThat(mesh.get(service, "/q/health/ready", "*/*")).contains("UP");
        assertThat(mesh.get(service, "/q/health/live", "*/*")).contains("UP");
      }

      assertThat(latencies(mesh, service))
          .as(service)
          .isEqualTo(before)
          .contains("winnow_")
          .doesNotContain("health")
          .doesNotContain("http");
    }
  }

  /** Every count of durations that there is, but the garbage collector's. */
  private static String latencies(TestMesh mesh, String service) throws Exception {
    return mesh.scrape(service, "text/plain")
        .lines()
        .filter(line -> line.matches("[a-z_]+_seconds_count.*") && !line.startsWith("jvm_"))
        .collect(Collectors.joining("\n"));
  }

  private static String tokensKept() {
    return "winnow_decoder_visual_tokens_kept_total{method=\"none\",model=\"demo\",}";
  }

  private static List<Path> queries() {
    return List.of(
        MONITORING.resolve("prometheus-rules.yaml"),
        MONITORING.resolve("grafana-dashboard.json"),
        TestMesh.ROOT.resolve("k8s/components/autoscaling-hpa/autoscalers.yaml"),
        TestMesh.ROOT.resolve("k8s/components/autoscaling-keda/scaled-objects.yaml"),
        TestMesh.ROOT.resolve("k8s/components/gateway-inference/endpoint-picker.yaml"),
        TestMesh.ROOT.resolve("docs/telemetry.md"));
  }

  private static Set<String> named(Path file) throws IOException {
    Matcher matcher = SERIES.matcher(Files.readString(file));
    return matcher
        .results()
        .map(result -> result.group())
        .filter(name -> !name.endsWith("_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> series(String scrape) {
    return scrape
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("[{ ]", 2)[0])
        .collect(Collectors.toSet());
  }

  private static double value(String scrape, String series) {
    return scrape
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + series));
  }
}
