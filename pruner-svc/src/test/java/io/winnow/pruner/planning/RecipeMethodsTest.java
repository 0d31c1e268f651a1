package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.column;
import static io.winnow.pruner.planning.PlanFixture.failure;
import static io.winnow.pruner.planning.PlanFixture.fitPrune;
import static io.winnow.pruner.planning.PlanFixture.flops;
import static io.winnow.pruner.planning.PlanFixture.keep;
import static io.winnow.pruner.planning.PlanFixture.plan;
import static io.winnow.pruner.planning.PlanFixture.planner;
import static io.winnow.pruner.planning.PlanFixture.request;
import static io.winnow.pruner.planning.PlanFixture.vtw;
import static io.winnow.pruner.planning.PlanFixture.wish;
import static io.winnow.pruner.planning.PlanFixture.wishAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VTW and FitPrune. */
class RecipeMethodsTest {

  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

  /**
   * Visual tokens that leave each layer of LLaVA-1.5-7B by the recipes that FitPrune's authors
   * ship, "60 %" and "80 %".
   */
  private static final int[] ALIVE_60 = {
    562, 529, 440, 404, 368, 348, 293, 272, 254, 250, 243, 238, 236, 231, 224, 220, 194, 189, 178,
    154, 150, 132, 130, 129, 127, 127, 127, 127, 127, 127, 127, 127
  };

  private static final int[] ALIVE_80 = {
    448, 321, 203, 168, 142, 134, 121, 118, 116, 115, 115, 115, 115, 115, 113, 112, 104, 97, 89, 84,
    73, 71, 65, 64, 63, 62, 62, 62, 62, 62, 62, 62
  };

  private final PrunePlanner planner =
      planner(
          fitPrune(0.6, 0, 0, 0, 100, 200, 0, 0, 0),
          fitPrune(0.45, 0, 0, 100, 200, 100, 10, 0, 0),
          fitPrune(0.3, 1, 100, 200, 100, 50, 0, 0, 0));

  @Test
  void fitPruneFollowsTheRecipeOfTheRatio() {
    PrunePlan plan = plan(planner.plan(request(wish("fitprune", flops(0.45)), 576)));

    assertThat(column(plan, 0)).containsExactly(576, 576, 476, 276, 176, 166, 166, 166);
    assertThat(plan.ranking()).isEqualTo(Ranking.FITPRUNE);
    assertThat(plan.consecutive()).isFalse();
    assertThat(plan.reason()).contains("demo-fitprune-0.45");
    assertThat(plan.method()).isEqualTo("fitprune");
  }

  @ParameterizedTest
  @CsvSource({"0.4499995, 0.45", "0.44999, 0.3", "0.59, 0.45", "0.6, 0.6", "1, 0.6", "0.3, 0.3"})
  void fitPruneTakesTheLargestRatioNotAboveTheRequest(double asked, double used) {
    PrunePlan plan = plan(planner.plan(request(wish("fitprune", flops(asked)), 576)));

    assertThat(plan.reason()).endsWith("demo-fitprune-" + used);
  }

  @Test
  void fitPruneWithoutABudgetUsesTheLargestRatioUpToAHalf() {
    assertThat(plan(planner.plan(request(wish("fitprune"), 576))).reason()).endsWith("0.45");
    PrunePlanner mild = planner(fitPrune(0.9, 0, 0, 0, 0, 0, 9), fitPrune(0.8, new int[8]));
    assertThat(plan(mild.plan(request(wish("fitprune"), 576))).reason()).contains("0.8");
  }

  @Test
  void fitPruneRefusesABudgetBelowEveryRecipeWithTheList() {
    PrunerFailure failure = failure(planner.plan(request(wish("fitprune", flops(0.2)), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.param()).contains("visual_token_reduction.flops_ratio");
    assertThat(failure.message())
        .contains("flops_ratio 0.2")
        .contains("demo-fitprune-0.6 (flops_ratio 0.6), demo-fitprune-0.45");
  }

  @Test
  void fitPruneMatchesAKeepRatioAgainstTheMeanOverLayers() {
    // 0.6 keeps (4 * 576 + 476 + 3 * 276) / (8 * 576) = 0.783
    assertThat(plan(planner.plan(request(wish("fitprune", keep(0.79)), 576))).reason())
        .endsWith("0.6");
    assertThat(plan(planner.plan(request(wish("fitprune", keep(0.78)), 576))).reason())
        .endsWith("0.45");
    assertThat(failure(planner.plan(request(wish("fitprune", keep(0.1)), 576))).message())
        .contains("(keep_ratio 0.7830)");
  }

  @Test
  void fitPruneScalesCountsToEachPictureInIntegers() {
    PrunePlan plan = plan(planner.plan(request(wish("fitprune", flops(0.45)), 576, 100, 2880)));

    assertThat(column(plan, 0)).endsWith(166);
    // floor(100 * 100 / 576) = 17, floor(200 * 100 / 576) = 34, 17, floor(10 * 100 / 576) = 1
    assertThat(column(plan, 1)).containsExactly(100, 100, 83, 49, 32, 31, 31, 31);
    assertThat(column(plan, 2)).containsExactly(2880, 2880, 2380, 1380, 880, 830, 830, 830);
  }

  @Test
  void fitPruneOfATinyPictureMayHaveNothingToDrop() {
    PrunePlan plan = plan(planner.plan(request(wish("fitprune"), 2)));

    assertThat(plan.method()).isEqualTo("none");
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.reason()).endsWith("nothing to drop");
  }

  @Test
  void aShippedRecipeReproducesItsAliveCountsAndTheSharesThatAreKnown() {
    assertAlive(ALIVE_60, 0.514);
    assertAlive(ALIVE_80, 0.686);
  }

  /** The share saved with 95 text tokens, from the notes on FitPrune's recipes. */
  private static void assertAlive(int[] alive, double saved) {
    int[] deleted = new int[32];
    for (int layer = 0; layer < 32; layer++) {
      deleted[layer] = (layer == 0 ? 576 : alive[layer - 1]) - alive[layer];
    }
    FitPruneRecipe recipe = new FitPruneRecipe("llava-60", "demo", 0.5, 576, deleted, UNKNOWN);
    PlanRequest request =
        request(wish("fitprune"), new DecoderDimensions(32, 4096, 11008), 95, 576, 2880);
    PrunePlan both = plan(planner(recipe).plan(request));
    PrunePlan one =
        FitPrune.following(
            request(wish("fitprune"), new DecoderDimensions(32, 4096, 11008), 95, 576), recipe, "");

    assertThat(column(both, 0)).containsExactly(alive);
    assertThat(column(both, 1)).containsExactly(Arrays.stream(alive).map(n -> n * 5).toArray());
    assertThat(1 - asFitPruneCounts(alive)).isCloseTo(saved, within(0.002));
    assertThat(one.flopsRatio()).isBetween(asFitPruneCounts(alive), asFitPruneCounts(alive) + 0.02);
  }

  /** FitPrune counts o_proj and FFN of a layer that deletes at what it leaves; we, whole layers. */
  private static double asFitPruneCounts(int[] alive) {
    double d = 4096;
    double m = 11008;
    double remaining = 0;
    for (int layer = 0; layer < 32; layer++) {
      double in = 95 + (layer == 0 ? 576 : alive[layer - 1]);
      double out = 95 + alive[layer];
      remaining += 3 * in * d * d + 2 * in * in * d + out * d * d + 3 * out * d * m;
    }
    double n = 95 + 576;
    return remaining / (32 * (4 * n * d * d + 2 * n * n * d + 3 * n * d * m));
  }

  @Test
  void withoutARecipeForTheModelFitPruneSaysWhatExists() {
    FitPruneRecipe deeper = new FitPruneRecipe("deeper", "demo", 0.5, 576, new int[32], UNKNOWN);
    FitPruneRecipe other = new FitPruneRecipe("other", "llava", 0.5, 576, new int[8], UNKNOWN);

    PrunerFailure none = failure(planner().plan(request(wish("fitprune"), 576)));
    assertThat(none.reason()).isEqualTo(Reason.NO_RECIPE);
    assertThat(none.message()).contains("\"demo\"").contains("none of any method");
    assertThat(none.param()).contains("visual_token_reduction.method");
    assertThat(failure(planner(other).plan(request(wish("fitprune"), 576))).message())
        .contains("none of any method");
    assertThat(
            failure(planner(deeper, vtw(4, UNKNOWN)).plan(request(wish("fitprune"), 576)))
                .message())
        .contains("there are: ", "demo-vtw-4", "deeper (for 32 layers, not 8)");
  }

  @Test
  void vtwWithdrawsBeforeTheLayerThatTheCallerNames() {
    PrunePlan plan = plan(planner.plan(request(wishAt("vtw", 5), 576, 4)));

    assertThat(column(plan, 0)).containsExactly(576, 576, 576, 576, 0, 0, 0, 0);
    assertThat(column(plan, 1)).containsExactly(4, 4, 4, 4, 0, 0, 0, 0);
    assertThat(plan.ranking()).isEqualTo(Ranking.NONE);
    assertThat(plan.flopsRatio()).isCloseTo(5 / 8.0 + 3 / 8.0 * 0.018, within(0.01));
  }

  @Test
  void vtwBeforeTheLayerBehindTheLastKeepsEverything() {
    assertThat(plan(planner.plan(request(wishAt("vtw", 8), 576))).keep()).isEmpty();
  }

  @Test
  void vtwTakesTheLatestLayerWithinTheBudget() {
    PlanRequest request = request(wish("vtw", flops(0.51)), 576);

    PrunePlan plan = plan(planner.plan(request));

    assertThat(plan.entering(request)).containsExactly(576, 576, 576, 576, 0, 0, 0, 0);
    assertThat(plan.flopsRatio()).isLessThanOrEqualTo(0.51);
    assertThat(plan(planner.plan(request(wish("vtw", keep(0.74)), 576))).entering(request))
        .containsExactly(576, 576, 576, 576, 576, 0, 0, 0);
  }

  @Test
  void vtwMayFetchNothingAtAll() {
    PrunePlan plan = plan(planner.plan(request(wish("vtw", keep(0.01)), 576, 3)));

    assertThat(plan.fetch()).hasSize(2).allSatisfy(selected -> assertThat(selected).isEmpty());
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.consecutive()).isFalse();
  }

  @Test
  void vtwCannotGetBelowTheText() {
    PrunerFailure failure = failure(planner.plan(request(wish("vtw", flops(0.001)), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.message()).contains("the least it can do is flops_ratio 0.01");
  }

  @Test
  void vtwChecksALayerAgainstTheBudget() {
    ReductionWish late =
        new ReductionWish(
            "vtw",
            java.util.Optional.of(flops(0.5)),
            OptionalInt.of(6),
            OptionalLong.empty(),
            ExitWish.NONE);

    assertThat(failure(planner.plan(request(late, 576))).message())
        .contains("\"vtw\" before layer 6 cannot meet flops_ratio 0.5");
  }

  @Test
  void vtwWithoutLayerAndBudgetFollowsTheMostCarefulRecipe() {
    PrunePlan plan =
        plan(planner(vtw(4, UNKNOWN), vtw(6, UNKNOWN)).plan(request(wish("vtw"), 576)));

    assertThat(plan.reason()).contains("demo-vtw-6").contains("before layer 6");
    assertThat(failure(planner.plan(request(wish("vtw"), 576))).reason())
        .isEqualTo(Reason.NO_RECIPE);
  }
}
