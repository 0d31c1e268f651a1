package io.winnow.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.winnow.encoder.grpc.PictureCall;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.VisionEncoderGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Prometheus gets of the wired service. */
@QuarkusTest
@QuarkusTestResource(DemoRepository.class)
class MetricsTest {

  @ConfigProperty(name = "quarkus.grpc.server.test-port")
  int grpcPort;

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  /** Other tests share the application, hence differences. */
  @Test
  void countsWhatWasEncodedFoundFetchedAndRefused() throws Exception {
    String before = get("/q/metrics", "text/plain");
    byte[] picture = Files.readAllBytes(DemoRepository.DEMO.resolve("pictures/ex03.png"));
    PictureCall first = call().upload(picture);
    EncodedLayout layout = first.layout();
    int tokens = first.allTokens(layout).length / layout.getHiddenSize();
    call().begin(picture).layout();
    call().upload("no picture").awaitFailure();

    String after = get("/q/metrics", "text/plain");

    Map<String, Integer> expected =
        Map.of(
            "winnow_encoder_cache_lookups_total{model=\"demo\",result=\"hit\",}", 1,
            "winnow_encoder_cache_lookups_total{model=\"demo\",result=\"miss\",}", 2,
            "winnow_encoder_encode_seconds_count{model=\"demo\",}", 1,
            "winnow_encoder_queue_seconds_bucket{model=\"demo\",le=\"30.0\",}", 1,
            "winnow_encoder_visual_tokens_sent_total{model=\"demo\",}", tokens,
            "winnow_encoder_failures_total{reason=\"picture_unsupported\",}", 1,
            "winnow_encoder_failures_total{reason=\"draining\",}", 0,
            "winnow_encoder_patches_queued{model=\"demo\",}", 0);
    expected.forEach(
        (series, more) ->
            assertThat(value(after, series) - value(before, series))
                .as(series)
                .isEqualTo((double) more));
    assertThat(value(after, "process_cpu_seconds_total")).isPositive();
  }

  @Test
  void givesOpenMetricsToPrometheusAndPlainTextToTheRest() throws Exception {
    String prometheus =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
            + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    assertThat(get("/q/metrics", prometheus)).endsWith("# EOF\n");
    assertThat(get("/q/metrics", "*/*")).doesNotContain("# EOF").contains("# TYPE winnow_encoder");
  }

  private static double value(String scrape, String series) {
    return scrape
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + series));
  }

  private PictureCall call() {
    return new PictureCall(
        VisionEncoderGrpc.newStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS));
  }

  private String get(String path, String accept) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .header("Accept", accept)
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
