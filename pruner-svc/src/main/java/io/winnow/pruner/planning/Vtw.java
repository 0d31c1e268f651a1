package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * VTW (arXiv 2405.05803): withdraws every visual token before layer K. K is the caller's, or the
 * largest that the budget allows, or that of the model's most careful recipe. K = 0 fetches none.
 */
final class Vtw implements PruneMethod {

  static final String NAME = "vtw";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int maxLayer(PlanRequest request) {
    return request.decoder().layers();
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    OptionalInt layer = request.wish().layer();
    Optional<Budget> budget = request.wish().budget();
    if (budget.isPresent()) {
      int least = layer.orElse(0);
      return within(
          new BudgetGauge(request, knowledge.forecast(), budget.get()),
          least == 0 ? "\"vtw\"" : "\"vtw\" before layer " + least,
          least,
          layer.orElse(request.decoder().layers()));
    }
    if (layer.isPresent()) {
      return new PlanDecision.Planned(withdrawing(request, layer.getAsInt(), "asked for"));
    }
    List<VtwRecipe> recipes = knowledge.recipes().vtw(request);
    if (recipes.isEmpty()) {
      return new PlanDecision.Refused(
          PrunerFailure.of(
              PrunerFailure.Reason.NO_RECIPE,
              "\"vtw\" has no recipe for model \"%s\" (%s); give a budget or a layer, or calibrate one"
                  .formatted(request.model(), knowledge.recipes().existingFor(request)),
              "visual_token_reduction.method"));
    }
    return new PlanDecision.Planned(
        withdrawing(request, recipes.get(0), "asked for, by recipe " + recipes.get(0).name()));
  }

  static PrunePlan withdrawing(PlanRequest request, VtwRecipe recipe, String why) {
    return withdrawing(request, recipe.withdrawLayer(), why);
  }

  /** Withdrawal as late as the budget allows, not before a layer; {@code what} names who asks. */
  static PlanDecision within(BudgetGauge gauge, String what, int least) {
    return within(gauge, what, least, gauge.request().decoder().layers());
  }

  private static PlanDecision within(BudgetGauge gauge, String what, int least, int most) {
    OptionalInt layer =
        BudgetGauge.largest(
            least, most, k -> gauge.admits(entering(gauge.request(), k), Ranking.NONE));
    return layer.isEmpty()
        ? gauge.impossible(what, entering(gauge.request(), least))
        : new PlanDecision.Planned(
            withdrawing(gauge.request(), layer.getAsInt(), "asked for within the budget"));
  }

  private static PrunePlan withdrawing(PlanRequest request, int layer, String why) {
    int layers = request.decoder().layers();
    int pictures = request.pictures().size();
    if (layer == 0) {
      return PrunePlan.selecting(
          request,
          NAME,
          why + ": no visual token is fetched",
          Collections.nCopies(pictures, new int[0]),
          /* consecutive= */ false);
    }
    if (layer == layers) {
      return PrunePlan.everything(
          why + ": there is no layer %d to withdraw before".formatted(layer));
    }
    int[][] keep = new int[layers][];
    Arrays.fill(keep, 0, layer - 1, request.pictureSizes());
    Arrays.fill(keep, layer - 1, layers, new int[pictures]);
    return PrunePlan.dropping(
        request,
        NAME,
        why + ": all visual tokens are withdrawn before layer " + layer,
        keep,
        Ranking.NONE);
  }

  /** Visual tokens that enter each layer if they are withdrawn before layer K // [layers] */
  private static int[] entering(PlanRequest request, int layer) {
    int[] entering = new int[request.decoder().layers()];
    Arrays.fill(entering, 0, layer, request.visualTokens());
    return entering;
  }
}
