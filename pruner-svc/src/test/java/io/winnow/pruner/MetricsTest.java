package io.winnow.pruner;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** What Prometheus gets of the wired service. */
@QuarkusTest
class MetricsTest {

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  @Test
  void showsEverySeriesFromTheStart() throws Exception {
    assertThat(get("/q/metrics"))
        .contains(
            "winnow_pruner_decisions_total{method=\"none\",reason=\"not_calibrated\",}",
            "winnow_pruner_decisions_total{method=\"fitprune\",reason=\"asked_for\",}",
            "winnow_pruner_failures_total{reason=\"no_recipe\",}",
            "winnow_pruner_plan_seconds_bucket{le=",
            "winnow_pruner_recipes 0.0",
            "winnow_pruner_recipe_problems 0.0",
            "winnow_pruner_observations_queued 0.0",
            "winnow_pruner_gate_threads 2.0",
            "winnow_pruner_queue_seconds_bucket{le=",
            "winnow_pruner_streams_open",
            "winnow_pruner_streams_limit 4096.0",
            "process_cpu_seconds_total ");
  }

  private String get(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .header("Accept", "text/plain")
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
