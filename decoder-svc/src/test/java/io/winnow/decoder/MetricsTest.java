package io.winnow.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** What Prometheus gets of the wired service. */
@QuarkusTest
@QuarkusTestResource(DemoMesh.class)
class MetricsTest {

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  @Test
  void showsEverySeriesFromTheStart() throws Exception {
    String genAi =
        "{error_type=\"\",gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"winnow\","
            + "gen_ai_request_model=\"demo\",";
    assertThat(get("/q/metrics"))
        .contains(
            "gen_ai_server_request_duration_seconds_bucket" + genAi + "le=\"81.92\",}",
            "gen_ai_server_time_to_first_token_seconds_bucket",
            "gen_ai_server_time_per_output_token_seconds_bucket",
            "\nwinnow_decoder_requests_queued 0.0",
            "\nwinnow_decoder_requests_running ",
            "\nwinnow_decoder_kv_usage_ratio ",
            "winnow_decoder_slots{model=\"demo\",}",
            "winnow_decoder_visual_tokens_kept_total{method=\"fitprune\",model=\"demo\",}",
            "winnow_decoder_verdicts_total{effect=\"late\",model=\"demo\",}",
            "winnow_decoder_encode_retries_total{model=\"demo\",} 0.0",
            "winnow_decoder_failures_total{reason=\"overloaded\",}");
  }

  private String get(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .header("Accept", "text/plain")
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
