package io.winnow.serving;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.winnow.runtime.mesh.MeshNetwork;
import io.winnow.runtime.metrics.Meters;
import io.winnow.runtime.metrics.MetricsPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.Readiness;

/** The parts of every service that are the same. */
@ApplicationScoped
class ServingWiring {

  private static final String NO_PAGE =
      "The service starts or stops: its metrics are here while /q/health/ready says that it is up.\n";

  @Produces
  @Singleton
  static MeshNetwork mesh(MeshConfig config) {
    return MeshNetwork.open(config);
  }

  static void close(@Disposes MeshNetwork mesh) {
    mesh.close();
  }

  @Produces
  @Singleton
  MeterFilter meterNames() {
    return Meters.withoutOddNames();
  }

  void metricsPage(
      @Observes Router router, MeterRegistry registry, @Readiness MetricsReadiness readiness) {
    router
        .get(MetricsPage.PATH)
        .order(MetricsPage.ROUTE_ORDER)
        .blockingHandler(
            routing -> {
              HttpServerResponse response = routing.response();
              Optional<MetricsPage> page =
                  readiness.isBound()
                      ? MetricsPage.of(registry, routing.request().getHeader("Accept"))
                      : Optional.empty();
              page.ifPresentOrElse(
                  whole ->
                      response.putHeader("Content-Type", whole.contentType()).end(whole.text()),
                  () -> response.setStatusCode(503).end(NO_PAGE));
            },
            /* ordered= */ false);
  }
}
