package io.winnow.pruner.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.winnow.pruner.planning.PlanDecision.Planned;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.pruner.planning.ReasonCode;
import io.winnow.pruner.recipes.RecipeWatch;
import io.winnow.runtime.metrics.Buckets;
import io.winnow.runtime.metrics.EnumCounters;
import io.winnow.runtime.metrics.KnownValues;
import io.winnow.runtime.metrics.Meters;
import java.time.Duration;
import java.util.Collection;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The pruner's meters. Labels are bounded: methods that exist, and enums; models are not among
 * them, since the pruner plans for whichever model a decoder names. Thread-safe.
 */
public final class PrunerMetrics implements PrunerTelemetry {

  private final Meters meters;
  private final KnownValues methods;
  private final EnumCounters<PrunerFailure.Reason> failures;
  private final Timer planning;
  private final Timer waiting;
  private final Timer deciding;
  private final Counter exits;
  private final Counter stays;
  private final Counter completed;
  private final Counter notCompleted;

  /**
   * @param methods names of the pruning methods, "none" among them
   */
  public PrunerMetrics(MeterRegistry registry, Collection<String> methods) {
    this.meters = new Meters(registry);
    this.methods = new KnownValues(methods);
    meters.processorTime();
    failures =
        meters.counters(
            "winnow.pruner.failures",
            "Decide streams that ended with a failure, by its reason.",
            "reason",
            PrunerFailure.Reason.class,
            Tags.empty());
    for (String method : methods) {
      decisions(method, ReasonCode.ASKED_FOR);
    }
    for (ReasonCode code : ReasonCode.values()) {
      decisions("none", code);
    }
    planning =
        meters.histogram(
            "winnow.pruner.plan",
            "How long it took to make a plan.",
            Buckets.DECISION,
            Tags.empty());
    waiting =
        meters.histogram(
            "winnow.pruner.queue",
            "How long observations waited for a thread that computes gates.",
            Buckets.DECISION,
            Tags.empty());
    deciding =
        meters.histogram(
            "winnow.pruner.verdict",
            "How long a verdict took, from its observation on and with the wait for a thread.",
            Buckets.DECISION,
            Tags.empty());
    exits = verdicts("exit");
    stays = verdicts("keep");
    completed = outcomes("true");
    notCompleted = outcomes("false");
  }

  /** Shows the recipes in force. */
  public void watch(RecipeWatch recipes) {
    gauge("winnow.pruner.recipes", "Recipes in force.", recipes, of -> of.book().recipes().size());
    gauge(
        "winnow.pruner.recipe.problems",
        "Recipe files that cannot be used as they stand, and 1 where their folder cannot.",
        recipes,
        RecipeWatch::problems);
  }

  /** Shows how many generations are live. */
  public void watchStreams(IntSupplier open, int limit) {
    gauge(
        "winnow.pruner.streams.open",
        "Open Decide streams, that is live generations.",
        open,
        IntSupplier::getAsInt);
    gauge(
        "winnow.pruner.streams.limit", "Open streams that are allowed.", limit, Integer::intValue);
  }

  /** Shows how many observations wait for so many threads. */
  public void watchGates(IntSupplier queued, int threads) {
    gauge(
        "winnow.pruner.observations.queued",
        "Observations that wait for a thread that computes gates.",
        queued,
        IntSupplier::getAsInt);
    gauge("winnow.pruner.gate.threads", "Threads that compute gates.", threads, Integer::intValue);
  }

  @Override
  public void planned(Planned decision, Duration took) {
    planning.record(took);
    decisions(methods.bound(decision.plan().method()), decision.code()).increment();
  }

  @Override
  public void waited(Duration time) {
    waiting.record(time);
  }

  @Override
  public void decided(boolean exit, Duration took) {
    deciding.record(took);
    (exit ? exits : stays).increment();
  }

  @Override
  public void outcome(boolean complete) {
    (complete ? completed : notCompleted).increment();
  }

  @Override
  public void failed(PrunerFailure.Reason reason) {
    failures.increment(reason);
  }

  private Counter decisions(String method, ReasonCode code) {
    return meters.counter(
        "winnow.pruner.decisions",
        "Plans that were made, by the method in force and why.",
        Tags.of("method", method, "reason", EnumCounters.label(code)));
  }

  private Counter verdicts(String verdict) {
    return meters.counter(
        "winnow.pruner.verdicts",
        "Verdicts of exit gates on visual tokens.",
        Tags.of("verdict", verdict));
  }

  private Counter outcomes(String complete) {
    return meters.counter(
        "winnow.pruner.outcomes",
        "Generations that told how they went, by whether they came to an answer.",
        Tags.of("completed", complete));
  }

  private <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
    meters.gauge(name, description, Tags.empty(), source, value);
  }
}
