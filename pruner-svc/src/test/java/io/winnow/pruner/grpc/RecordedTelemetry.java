package io.winnow.pruner.grpc;

import io.winnow.pruner.planning.PlanDecision.Planned;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.pruner.planning.ReasonCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it heard. */
final class RecordedTelemetry implements PrunerTelemetry {

  final List<ReasonCode> planned = new CopyOnWriteArrayList<>();
  final List<Duration> waits = new CopyOnWriteArrayList<>();
  final List<Boolean> outcomes = new CopyOnWriteArrayList<>();
  final List<PrunerFailure.Reason> failures = new CopyOnWriteArrayList<>();

  @Override
  public void planned(Planned decision, Duration took) {
    planned.add(decision.code());
  }

  @Override
  public void waited(Duration time) {
    waits.add(time);
  }

  @Override
  public void outcome(boolean completed) {
    outcomes.add(completed);
  }

  @Override
  public void failed(PrunerFailure.Reason reason) {
    failures.add(reason);
  }
}
