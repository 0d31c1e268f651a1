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
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Puts the service together: {@link PrunePlanner} decides, {@link PrunerService} translates. On a
 * stop, health turns to NOT_SERVING, then open streams end, then the server goes.
 */
@ApplicationScoped
class PrunerWiring {

  private static final Logger log = System.getLogger(PrunerWiring.class.getName());

  @Produces
  @Singleton
  PrunePlanner planner() {
    return PrunePlanner.withAllMethods();
  }

  void drain(@Observes ShutdownEvent stop, @GrpcService PrunerService service, PrunerConfig config)
      throws InterruptedException {
    int ended = service.drain(config.drainTimeout());
    if (ended > 0) {
      log.log(Level.WARNING, "{0} streams outlasted the drain and were ended", ended);
    }
  }
}
