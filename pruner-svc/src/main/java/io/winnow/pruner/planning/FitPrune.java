package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.pruner.planning.ReductionWish.FlopsRatio;
import io.winnow.pruner.planning.ReductionWish.KeepRatio;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * FitPrune (arXiv 2409.10197, section 3.3): each layer deletes as many visual tokens as the recipe
 * says, those to which self- and cross-attention together pay the least. A recipe's counts scale
 * with the picture. Ratios are matched against what recipes were made for, so that a budget means
 * one recipe for every prompt; without a budget it is the largest ratio not above one half.
 */
final class FitPrune implements PruneMethod {

  static final String NAME = "fitprune";

  /** Ratios this close are the same: it is the precision with which a recipe is asked for. */
  private static final double TOLERANCE = 1e-6;

  private static final double DEFAULT_RATIO = 0.5;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    List<FitPruneRecipe> recipes = knowledge.recipes().fitPrune(request);
    if (recipes.isEmpty()) {
      return new PlanDecision.Refused(
          PrunerFailure.of(
              PrunerFailure.Reason.NO_RECIPE,
              "\"fitprune\" has no recipe for model \"%s\": %s; calibrate one"
                  .formatted(request.model(), knowledge.recipes().existingFor(request)),
              "visual_token_reduction.method"));
    }
    Optional<Budget> budget = request.wish().budget();
    Optional<FitPruneRecipe> recipe =
        budget.isEmpty()
            ? Optional.of(usual(recipes))
            : within(request, recipes, knowledge.forecast(), budget.get());
    return recipe
        .<PlanDecision>map(
            chosen ->
                new PlanDecision.Planned(
                    following(request, chosen, "asked for, by recipe " + chosen.name())))
        .orElseGet(() -> noneWithin(request, recipes, budget.orElseThrow()));
  }

  static PrunePlan following(PlanRequest request, FitPruneRecipe recipe, String reason) {
    return PrunePlan.dropping(
        request, NAME, reason, recipe.keep(request.pictureSizes()), Ranking.FITPRUNE);
  }

  /** Whether what the recipe was made for is within the budget; times are of this request. */
  static boolean isWithin(
      PlanRequest request, FitPruneRecipe recipe, PrefillForecast forecast, Budget budget) {
    if (budget instanceof FlopsRatio flops) {
      return recipe.flopsRatio() <= flops.ratio() + TOLERANCE;
    }
    if (budget instanceof KeepRatio kept) {
      return recipe.keptShare() <= kept.ratio();
    }
    return new BudgetGauge(request, forecast, budget)
        .admits(following(request, recipe, "").entering(request), Ranking.FITPRUNE);
  }

  /** The recipe that prunes least within the budget. */
  private static Optional<FitPruneRecipe> within(
      PlanRequest request, List<FitPruneRecipe> recipes, PrefillForecast forecast, Budget budget) {
    return recipes.stream()
        .filter(recipe -> isWithin(request, recipe, forecast, budget))
        .max(Comparator.comparingDouble(recipe -> share(recipe, budget)));
  }

  private static double share(FitPruneRecipe recipe, Budget budget) {
    return budget instanceof KeepRatio ? recipe.keptShare() : recipe.flopsRatio();
  }

  private static FitPruneRecipe usual(List<FitPruneRecipe> recipes) {
    return recipes.stream()
        .filter(recipe -> recipe.flopsRatio() <= DEFAULT_RATIO)
        .findFirst()
        .orElse(recipes.get(recipes.size() - 1));
  }

  private static PlanDecision noneWithin(
      PlanRequest request, List<FitPruneRecipe> recipes, Budget budget) {
    List<String> existing =
        recipes.stream().map(recipe -> asText(recipe, budget)).collect(Collectors.toList());
    return new PlanDecision.Refused(
        PrunerFailure.of(
            PrunerFailure.Reason.IMPOSSIBLE_BUDGET,
            "\"fitprune\" has no recipe for model \"%s\" within %s; there are: %s"
                .formatted(request.model(), budget.asText(), RecipeBook.listed(existing)),
            "visual_token_reduction." + budget.field()));
  }

  private static String asText(FitPruneRecipe recipe, Budget budget) {
    return budget instanceof KeepRatio
        ? String.format(Locale.ROOT, "%s (keep_ratio %.4f)", recipe.name(), recipe.keptShare())
        : "%s (flops_ratio %s)".formatted(recipe.name(), recipe.flopsRatio());
  }
}
