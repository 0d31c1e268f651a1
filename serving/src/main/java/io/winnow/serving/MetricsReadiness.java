package io.winnow.serving;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready once every meter is on the page. Quarkus orders its build so that it may open the port
 * before it has joined the registry that Prometheus reads, and what is counted until then is lost.
 * It binds its own meters after that, and beans of this type last.
 */
@Readiness
@ApplicationScoped
class MetricsReadiness implements HealthCheck, MeterBinder {

  private volatile boolean bound;

  @Override
  public void bindTo(MeterRegistry registry) {
    bound = true;
  }

  /** Whether every meter is on the page. */
  boolean isBound() {
    return bound;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("metrics").status(bound).build();
  }
}
