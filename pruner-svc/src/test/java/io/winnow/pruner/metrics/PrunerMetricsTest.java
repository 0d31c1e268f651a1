package io.winnow.pruner.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.winnow.pruner.planning.PlanDecision.Planned;
import io.winnow.pruner.planning.PrunePlan;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.Ranking;
import io.winnow.pruner.planning.ReasonCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PrunerMetricsTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PrunerMetrics metrics = new PrunerMetrics(registry, Set.of("none", "vtw"));

  @Test
  void countsDecisionsByMethodAndReason() {
    metrics.planned(new Planned(plan("vtw"), ReasonCode.CHOSEN), Duration.ofNanos(50_000));
    metrics.planned(new Planned(plan("vtw"), ReasonCode.CHOSEN), Duration.ofNanos(50_000));

    assertThat(
            registry
                .get("winnow.pruner.decisions")
                .tags("method", "vtw", "reason", "chosen")
                .counter()
                .count())
        .isEqualTo(2);
    assertThat(registry.get("winnow.pruner.plan").timer().count()).isEqualTo(2);
  }

  @Test
  void showsWhoWaitsForAThreadAndHowLong() {
    int[] queued = {3};
    metrics.watchGates(() -> queued[0], 2);
    metrics.waited(Duration.ofMillis(4));

    assertThat(registry.get("winnow.pruner.observations.queued").gauge().value()).isEqualTo(3);
    assertThat(registry.get("winnow.pruner.gate.threads").gauge().value()).isEqualTo(2);
    assertThat(registry.get("winnow.pruner.queue").timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(4);
  }

  @Test
  void neitherMethodsNorReasonsOfAnyOddityMakeSeries() {
    for (int number = 0; number < 1000; number++) {
      for (ReasonCode code : ReasonCode.values()) {
        metrics.planned(new Planned(plan("method " + number + "\n"), code), Duration.ZERO);
      }
    }
    for (PrunerFailure.Reason reason : PrunerFailure.Reason.values()) {
      metrics.failed(reason);
    }
    metrics.decided(true, Duration.ZERO);
    metrics.decided(false, Duration.ZERO);
    metrics.outcome(true);
    metrics.outcome(false);

    Set<String> methods =
        registry.find("winnow.pruner.decisions").counters().stream()
            .map(Meter::getId)
            .map(id -> id.getTag("method"))
            .collect(Collectors.toSet());
    assertThat(methods).containsExactlyInAnyOrder("none", "vtw", "other");
    assertThat(registry.find("winnow.pruner.decisions").counters())
        .hasSizeLessThanOrEqualTo(3 * ReasonCode.values().length);
  }

  private static PrunePlan plan(String method) {
    return new PrunePlan(
        method,
        "free text",
        List.of(),
        new int[0][],
        Ranking.NONE,
        new float[0],
        false,
        1,
        Optional.empty());
  }
}
