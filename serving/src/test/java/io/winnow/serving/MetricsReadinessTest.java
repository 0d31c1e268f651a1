package io.winnow.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page on a real port, in the steps in which the framework makes it whole, and empties it. */
@SuppressWarnings("deprecation") // of Micrometer's two, the registry that Quarkus has
class MetricsReadinessTest {

  private final Vertx vertx = Vertx.vertx();
  private final CompositeMeterRegistry registry = new CompositeMeterRegistry();
  private final MetricsReadiness readiness = new MetricsReadiness();
  private URI page;

  @BeforeEach
  void serve() {
    Router router = Router.router(vertx);
    new ServingWiring().metricsPage(router, registry, readiness);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join()
            .actualPort();
    page = URI.create("http://127.0.0.1:" + port + "/q/metrics");
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void neitherServesNorIsReadyUntilEveryMeterIsOnThePage() throws Exception {
    registry.counter("early");
    assertNotReady();
    registry.add(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    assertNotReady();
    registry.counter("late");
    readiness.bindTo(registry);

    assertThat(readiness.call().getStatus()).isEqualTo(Status.UP);
    HttpResponse<String> scraped = scrape();
    assertThat(scraped.statusCode()).isEqualTo(200);
    assertThat(scraped.body()).contains("early_total 0.0", "late_total 0.0");
  }

  /** It takes the registry away before it closes the port. */
  @Test
  void refusesAScrapeWhileTheServiceStops() throws Exception {
    PrometheusMeterRegistry scraped = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.add(scraped);
    readiness.bindTo(registry);
    registry.remove(scraped);
    assertRefused();
  }

  private void assertNotReady() throws Exception {
    assertThat(readiness.call().getStatus()).isEqualTo(Status.DOWN);
    assertRefused();
  }

  private void assertRefused() throws Exception {
    HttpResponse<String> refused = scrape();
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("/q/health/ready");
  }

  private HttpResponse<String> scrape() throws Exception {
    HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(30)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }
}
