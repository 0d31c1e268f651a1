package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.ArrayList;
import java.util.List;

/**
 * A recipe that {@code auto} may follow for a request.
 *
 * @param plan what following it means
 * @param work the prefill under it
 * @param relativeCost its expected cost as a multiple of keeping everything
 */
record AutoCandidate(PruneRecipe recipe, PrunePlan plan, PrefillWork work, double relativeCost) {

  /** Every recipe of the request's model that drops anything, least pruning first. */
  static List<AutoCandidate> of(PlanRequest request, Knowledge knowledge) {
    PrefillWork everything = workOf(request, PrunePlan.everything(""));
    List<AutoCandidate> candidates = new ArrayList<>();
    for (FitPruneRecipe recipe : knowledge.recipes().fitPrune(request)) {
      add(candidates, recipe, FitPrune.following(request, recipe, ""), request);
    }
    for (VtwRecipe recipe : knowledge.recipes().vtw(request)) {
      add(candidates, recipe, Vtw.withdrawing(request, recipe, ""), request);
    }
    return candidates.stream()
        .map(
            candidate ->
                candidate.costing(knowledge.forecast().relativeCost(candidate.work, everything)))
        .toList();
  }

  static PrefillWork workOf(PlanRequest request, PrunePlan plan) {
    return PrefillWork.of(
        request.decoder(), request.textTokens(), plan.entering(request), plan.ranking());
  }

  double knownAccuracy() {
    return recipe.relativeAccuracy().orElse(-1);
  }

  /** FitPrune's budgets are nominal, as for an explicit request; VTW's are exact. */
  boolean isWithin(Budget budget, PlanRequest request, PrefillForecast forecast) {
    if (recipe instanceof FitPruneRecipe fitPrune) {
      return FitPrune.isWithin(request, fitPrune, forecast, budget);
    }
    return new BudgetGauge(request, forecast, budget)
        .admits(plan.entering(request), plan.ranking());
  }

  private AutoCandidate costing(double cost) {
    return new AutoCandidate(recipe, plan, work, cost);
  }

  private static void add(
      List<AutoCandidate> candidates, PruneRecipe recipe, PrunePlan plan, PlanRequest request) {
    if (!plan.method().equals(NoPruning.NAME)) {
      candidates.add(new AutoCandidate(recipe, plan, workOf(request, plan), 1));
    }
  }
}
