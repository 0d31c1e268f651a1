package io.winnow.serving;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.vertx.ext.web.Router;
import io.winnow.runtime.mesh.MeshNetwork;
import io.winnow.runtime.metrics.Meters;
import io.winnow.runtime.metrics.MetricsPage;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The parts of every service that are the same. */
@ApplicationScoped
class ServingWiring {

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

  void metricsPage(@Observes Router router, MeterRegistry registry) {
    router
        .get(MetricsPage.PATH)
        .order(MetricsPage.ROUTE_ORDER)
        .blockingHandler(
            routing -> {
              MetricsPage page = MetricsPage.of(registry, routing.request().getHeader("Accept"));
              routing.response().putHeader("Content-Type", page.contentType()).end(page.text());
            },
            /* ordered= */ false);
  }
}
