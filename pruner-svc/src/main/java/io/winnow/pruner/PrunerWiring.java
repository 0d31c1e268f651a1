package io.winnow.pruner;

import io.quarkus.grpc.GrpcService;
import io.quarkus.runtime.ShutdownEvent;
import io.winnow.pruner.config.PrunerConfig;
import io.winnow.pruner.grpc.PrunerService;
import io.winnow.pruner.planning.PrunePlanner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Puts the service together: {@link PrunePlanner} decides, {@link PrunerService} translates. On a
 * stop, health turns to NOT_SERVING, then open streams end, then the server goes.
 */
@ApplicationScoped
class PrunerWiring {

  @Produces
  @Singleton
  PrunePlanner planner() {
    return PrunePlanner.withAllMethods();
  }

  void drain(@Observes ShutdownEvent stop, @GrpcService PrunerService service, PrunerConfig config)
      throws InterruptedException {
    service.drain(config.drainTimeout());
  }
}
