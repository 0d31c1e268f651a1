package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.MaxTtftMillis;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Finds the method for a wish and lets it plan. Safe for concurrent use; takes microseconds. */
public final class PrunePlanner {

  private final Map<String, PruneMethod> methods = new LinkedHashMap<>();
  private final Supplier<RecipeBook> recipes;
  private final PrefillCosts costs;
  private final GateBook gates;

  private PrunePlanner(
      List<PruneMethod> methods, Supplier<RecipeBook> recipes, PrefillCosts costs, GateBook gates) {
    methods.stream()
        .sorted(Comparator.comparing(PruneMethod::name))
        .forEach(method -> this.methods.put(method.name(), method));
    this.recipes = recipes;
    this.costs = costs;
    this.gates = gates;
  }

  /**
   * A planner with every method that exists.
   *
   * @param recipes the recipes in force, asked once for each plan
   * @param costs what prefills cost
   * @param gates the exit gates of models
   * @param auto when the method {@code auto} prunes
   */
  public static PrunePlanner withAllMethods(
      Supplier<RecipeBook> recipes, PrefillCosts costs, GateBook gates, AutoSettings auto) {
    return new PrunePlanner(
        List.of(
            new AutoChoice(auto),
            new NoPruning(),
            new FitPrune(),
            new Vtw(),
            new DyVte(),
            new FastV(),
            new VisionZip(),
            new RandomDrop()),
        recipes,
        costs,
        gates);
  }

  /** Names of the methods, sorted. */
  public Set<String> methods() {
    return Collections.unmodifiableSet(methods.keySet());
  }

  public PlanDecision plan(PlanRequest request) {
    PruneMethod method = methods.get(request.wish().method());
    if (method == null) {
      return new PlanDecision.Refused(unknown(request.wish().method()));
    }
    Optional<PrunerFailure> misfit = misfit(request, method);
    if (misfit.isPresent()) {
      return new PlanDecision.Refused(misfit.get());
    }
    if (request.visualTokens() == 0) {
      return PlanDecision.Planned.everything(
          ReasonCode.NO_VISUAL_TOKENS, "the prompt has no visual tokens");
    }
    PrefillForecast forecast = costs.forecast(request.model());
    if (method.bindsItselfToBudgets() && !forecast.fitted() && isTime(request)) {
      return new PlanDecision.Refused(unknownCost(forecast));
    }
    return method.plan(request, new Knowledge(recipes.get(), forecast, gates.of(request.model())));
  }

  /** Takes in how a planned generation went, unless its prefill's time was spent waiting. */
  public void learn(PlanRequest request, PrunePlan plan, PrefillOutcome outcome) {
    if (plan.questions().filter(ExitQuestions::blocking).isPresent()) {
      return;
    }
    PrefillWork work =
        PrefillWork.of(request.decoder(), request.textTokens(), outcome.entered(), plan.ranking());
    costs.learn(
        request.model(),
        new PrefillCosts.MeasuredPrefill(
            work,
            isUnpruned(request, outcome.entered()),
            outcome.prefillMicros(),
            outcome.firstTokenMicros()));
  }

  private static boolean isUnpruned(PlanRequest request, int[] entered) {
    int all = request.visualTokens();
    return all > 0 && Arrays.stream(entered).allMatch(count -> count == all);
  }

  private static boolean isTime(PlanRequest request) {
    return request.wish().budget().filter(MaxTtftMillis.class::isInstance).isPresent();
  }

  private static Optional<PrunerFailure> misfit(PlanRequest request, PruneMethod method) {
    if (request.wish().seed().isPresent() && !method.takesSeed()) {
      return Optional.of(
          invalid(
              "seed", "method \"%s\" draws nothing; leave out the seed".formatted(method.name())));
    }
    Optional<String> exit = request.wish().exit().firstField();
    if (exit.isPresent() && !method.takesExit()) {
      return Optional.of(
          invalid(
              exit.get(),
              "method \"%s\" asks nothing on the way; leave out %s"
                  .formatted(method.name(), exit.get())));
    }
    return method.misfit(request).or(() -> wrongLayer(request, method));
  }

  private static Optional<PrunerFailure> wrongLayer(PlanRequest request, PruneMethod method) {
    if (request.wish().layer().isEmpty()) {
      return Optional.empty();
    }
    int layer = request.wish().layer().getAsInt();
    int max = method.maxLayer(request);
    if (layer >= 1 && layer <= max) {
      return Optional.empty();
    }
    return Optional.of(
        invalid(
            "layer",
            max == 0
                ? "method \"%s\" acts at no one layer; leave out the layer".formatted(method.name())
                : "layer must be 1 to %d for method \"%s\" and this model, not %d"
                    .formatted(max, method.name(), layer)));
  }

  private static PrunerFailure invalid(String field, String message) {
    return PrunerFailure.of(
        PrunerFailure.Reason.INVALID_REQUEST, message, "visual_token_reduction." + field);
  }

  private static PrunerFailure unknownCost(PrefillForecast forecast) {
    return PrunerFailure.of(
        PrunerFailure.Reason.UNKNOWN_COST,
        "max_ttft_ms cannot be promised: %s; give flops_ratio or keep_ratio, or ask again later"
            .formatted(forecast.lack()),
        "visual_token_reduction.max_ttft_ms");
  }

  private PrunerFailure unknown(String wanted) {
    return PrunerFailure.of(
        PrunerFailure.Reason.UNKNOWN_METHOD,
        "there is no method \"%s\"; there are: %s"
            .formatted(wanted, String.join(", ", methods.keySet())),
        "visual_token_reduction.method");
  }
}
