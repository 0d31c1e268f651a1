package io.winnow.pruner;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.winnow.pruner.config.PrunerConfig;
import io.winnow.pruner.config.PrunerConfigProblems;
import io.winnow.pruner.cost.LearnedCosts;
import io.winnow.pruner.grpc.PrunerService;
import io.winnow.pruner.metrics.PrunerMetrics;
import io.winnow.pruner.planning.AutoSettings;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.recipes.RecipeWatch;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Puts the service together: {@link PrunePlanner} decides, {@link PrunerService} translates. On a
 * stop, health turns to NOT_SERVING, then open streams end, then the server goes.
 */
@ApplicationScoped
class PrunerWiring {

  private static final Logger log = System.getLogger(PrunerWiring.class.getName());

  /** Before the framework's own observers, of which one ends the streams that watch the health. */
  private static final int FIRST = 1;

  @Produces
  @Singleton
  RecipeWatch recipes(PrunerConfig config) {
    requireValid(config);
    return RecipeWatch.start(config.recipes().folder(), config.recipes().reload());
  }

  void close(@Disposes RecipeWatch recipes) {
    recipes.close();
  }

  @Produces
  @Singleton
  LoadedGates gates(PrunerConfig config) {
    requireValid(config);
    return config.gates().repository().map(LoadedGates::of).orElseGet(LoadedGates::none);
  }

  @Produces
  @Singleton
  PrunerMetrics metrics(MeterRegistry registry, PrunePlanner planner, RecipeWatch recipes) {
    PrunerMetrics metrics = new PrunerMetrics(registry, planner.methods());
    metrics.watch(recipes);
    return metrics;
  }

  @Produces
  @Singleton
  PrunePlanner planner(RecipeWatch recipes, LoadedGates gates, PrunerConfig config) {
    return PrunePlanner.withAllMethods(
        recipes::book, new LearnedCosts(), gates, settings(config.auto()));
  }

  private static AutoSettings settings(PrunerConfig.Auto auto) {
    return new AutoSettings(
        auto.minAccuracy(),
        auto.minSaving(),
        auto.minSavedTime().toNanos() / 1e6,
        auto.lowDetailKeepRatio());
  }

  void start(
      @Observes StartupEvent start,
      @GrpcService PrunerService service,
      PrunerMetrics metrics,
      PrunerConfig config) {
    requireValid(config);
    metrics.watchStreams(service::openStreams, config.maxStreams());
    metrics.watchGates(service::queuedObservations, config.gates().threads());
  }

  private static void requireValid(PrunerConfig config) {
    List<String> problems = PrunerConfigProblems.of(config);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(String.join("; ", problems));
    }
  }

  void drain(
      @Observes @Priority(FIRST) ShutdownEvent stop,
      GrpcHealthStorage health,
      @GrpcService PrunerService service,
      LoadedGates gates,
      PrunerConfig config)
      throws InterruptedException {
    for (String served : List.copyOf(health.getStatuses().keySet())) {
      health.setStatus(served, ServingStatus.NOT_SERVING);
    }
    int ended = service.drain(config.drainTimeout());
    if (ended > 0) {
      log.log(Level.WARNING, "{0} streams outlasted the drain and were ended", ended);
    }
    gates.close(); // while the JVM is still up, see ExitGates
  }
}
