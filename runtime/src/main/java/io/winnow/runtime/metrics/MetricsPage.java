package io.winnow.runtime.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a scrape gets. OpenMetrics, and with it the exemplars, goes to whoever names it among what
 * he accepts, as Prometheus does; everybody else gets the plain format. The framework's own page
 * does neither: it answers Prometheus in the plain format and a client that names nothing, such as
 * a gateway's endpoint picker, in OpenMetrics.
 */
public record MetricsPage(String contentType, String text) {

  /** Where the page is. */
  public static final String PATH = "/q/metrics";

  /** The order of its route, before the framework's. */
  public static final int ROUTE_ORDER = -1;

  /**
   * Takes some milliseconds: not for an event loop.
   *
   * @param registry holds the registry that Prometheus reads, but not while a service starts or
   *     stops
   * @param accept the Accept header; null without one
   * @return empty without that registry
   */
  @SuppressWarnings("deprecation") // of Micrometer's two, the registry that Quarkus has
  public static Optional<MetricsPage> of(MeterRegistry registry, @Nullable String accept) {
    String type = TextFormat.chooseContentType(accept);
    return parts(registry)
        .filter(PrometheusMeterRegistry.class::isInstance)
        .map(PrometheusMeterRegistry.class::cast)
        .findFirst()
        .map(read -> new MetricsPage(type, read.scrape(type)));
  }

  private static Stream<MeterRegistry> parts(MeterRegistry registry) {
    return registry instanceof CompositeMeterRegistry composite
        ? composite.getRegistries().stream()
        : Stream.of(registry);
  }
}
