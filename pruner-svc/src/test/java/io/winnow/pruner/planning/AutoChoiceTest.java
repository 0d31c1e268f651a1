package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.column;
import static io.winnow.pruner.planning.PlanFixture.fitPrune;
import static io.winnow.pruner.planning.PlanFixture.flops;
import static io.winnow.pruner.planning.PlanFixture.keep;
import static io.winnow.pruner.planning.PlanFixture.plan;
import static io.winnow.pruner.planning.PlanFixture.planner;
import static io.winnow.pruner.planning.PlanFixture.request;
import static io.winnow.pruner.planning.PlanFixture.ttft;
import static io.winnow.pruner.planning.PlanFixture.vtw;
import static io.winnow.pruner.planning.PlanFixture.wish;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class AutoChoiceTest {

  private static final OptionalDouble UNKNOWN = OptionalDouble.empty();

  private static final FitPruneRecipe MILD = recipe(0.6, 0.995, 0, 0, 0, 300, 100, 50, 0, 0);

  private static final FitPruneRecipe STRONG = recipe(0.45, 0.985, 0, 0, 300, 150, 50, 0, 0, 0);
  private static final FitPruneRecipe RUTHLESS = recipe(0.2, 0.8, 300, 200, 50, 0, 0, 0, 0, 0);
  private static final VtwRecipe EARLY = vtw(3, OptionalDouble.of(0.98));

  @Test
  void withoutABudgetTheCheapestThatIsAccurateEnoughIsTaken() {
    PrunePlan plan = auto(costs(1, 0), MILD, STRONG, RUTHLESS, EARLY);

    assertThat(plan.method()).isEqualTo("vtw");
    assertThat(column(plan, 0)).containsExactly(576, 576, 0, 0, 0, 0, 0, 0);
    assertThat(plan.reason())
        .contains("recipe demo-vtw-3, leaves 0.980 of the accuracy")
        .containsPattern("expected to take [0-9.]+ ms instead of [0-9.]+");
  }

  @Test
  void whatRankingCostsDecides() {
    assertThat(auto(costs(1, 0), STRONG, MILD).reason()).contains("demo-fitprune-0.45");
    assertThat(auto(costs(1, 30), STRONG, MILD, vtw(7, OptionalDouble.of(1))).method())
        .isEqualTo("vtw");
  }

  @Test
  void untilTimesAreKnownItCountsMacsAndSaysSo() {
    PrunePlan plan = plan(planner(STRONG).plan(request(wish("auto"), 576)));

    assertThat(plan.method()).isEqualTo("fitprune");
    assertThat(plan.reason()).contains("of the MACs; times are not known, only 0 of the 1");
  }

  @Test
  void saysThatNoMethodIsCalibrated() {
    assertKeeps(
        ReasonCode.NOT_CALIBRATED,
        "no pruning method is calibrated for model \"demo\"",
        costs(1, 0));
    FitPruneRecipe deeper =
        new FitPruneRecipe("deeper", "demo", 0.5, 576, new int[9], OptionalDouble.of(1));
    assertKeeps(ReasonCode.NOT_CALIBRATED, "no pruning method is calibrated", costs(1, 0), deeper);
  }

  @Test
  void saysThatNoAccuracyIsKnown() {
    assertKeeps(
        ReasonCode.ACCURACY_UNKNOWN,
        "the accuracy of no recipe for model \"demo\" is known; ./winnow evaluate measures it",
        costs(1, 0),
        fitPrune(0.45, 0, 0, 300, 150, 50, 0, 0, 0),
        vtw(4, UNKNOWN));
  }

  @Test
  void saysThatNoRecipeIsAccurateEnough() {
    assertKeeps(
        ReasonCode.NOT_ACCURATE,
        "is known to leave 0.98 of the accuracy; the best, demo-fitprune-0.2, leaves 0.800",
        costs(1, 0),
        RUTHLESS,
        vtw(2, OptionalDouble.of(0.3)));
  }

  @Test
  void saysThatVisualTokensAreFew() {
    PlanRequest chat =
        request(wish("auto"), PlanFixture.DECODER, /* textTokens= */ 900, /* picture */ 60);

    PrunePlan plan = plan(planner(costs(1, 0), MILD, EARLY).plan(chat));

    assertThat(plan.method()).isEqualTo("none");
    assertThat(plan.reason()).contains("few visual tokens: without any of the 60");
  }

  @Test
  void saysThatThePromptIsShort() {
    assertKeeps(
        ReasonCode.SHORT_PROMPT,
        "the prompt is short: demo-vtw-3 would save 0.",
        costs(0.01, 0),
        EARLY);
  }

  @Test
  void saysThatDroppingCostsWhatItSaves() {
    assertKeeps(
        ReasonCode.NO_GAIN,
        "dropping tokens costs about what it saves: demo-fitprune-0.45 needs",
        costs(1, 30),
        STRONG);
  }

  @Test
  void saysThatTooLittleIsSaved() {
    FitPruneRecipe timid = recipe(0.95, 1, 0, 0, 0, 0, 0, 0, 60, 0);

    assertKeeps(ReasonCode.SMALL_SAVING, "would save only 2 % of the prefill", costs(1, 0), timid);
  }

  @Test
  void withABudgetTheMostAccurateWithinItIsTaken() {
    PruneRecipe[] all = {MILD, STRONG, RUTHLESS, EARLY};

    assertThat(auto(flops(0.7), all).reason()).contains("demo-fitprune-0.6").contains("0.995");
    assertThat(auto(flops(0.5), all).reason()).contains("demo-fitprune-0.45");
    assertThat(auto(flops(0.3), all).reason())
        .contains("demo-fitprune-0.2, leaves 0.800 of the accuracy, within flops_ratio 0.3");
    assertThat(auto(keep(0.5), all).reason()).contains("demo-vtw-3");
    assertThat(auto(keep(0.55), all).reason()).contains("demo-fitprune-0.45");
  }

  @Test
  void withABudgetARecipeOfUnknownAccuracyWillDo() {
    PrunePlan plan =
        auto(
            flops(0.5),
            fitPrune(0.45, 0, 0, 300, 150, 50, 0, 0, 0),
            fitPrune(0.3, 0, 500, 0, 0, 0, 0, 0, 0));

    assertThat(plan.reason()).contains("demo-fitprune-0.45, of unknown accuracy, within");
  }

  @Test
  void saysWhichBudgetItDoesNotPursue() {
    assertThat(auto(flops(0.1), MILD).reason())
        .isEqualTo("no recipe for model \"demo\" is within it, so flops_ratio 0.1 is not pursued");
    assertThat(plan(planner().plan(request(wish("auto", flops(0.5)), 576))).reason())
        .endsWith("so flops_ratio 0.5 is not pursued");
    PrunePlan slower =
        plan(planner(costs(1, 60), STRONG).plan(request(wish("auto", flops(0.5)), 576)));
    assertThat(slower.method()).isEqualTo("none");
    assertThat(slower.reason()).contains("costs about what it saves").endsWith("is not pursued");
  }

  @Test
  void aTimeIsMetByTheMostAccurateThatIsFastEnough() {
    PrefillCosts costs = costs(1, 0);
    double full = millis(costs);

    assertThat(auto(ttft(full + 11), costs, MILD, RUTHLESS).method()).isEqualTo("none");
    assertThat(auto(ttft(full + 11), costs, MILD, RUTHLESS).reason())
        .contains("with every visual token");
    assertThat(auto(ttft(0.8 * full + 10), costs, MILD, RUTHLESS).reason())
        .contains("demo-fitprune-0.6");
    assertThat(auto(ttft(0.4 * full + 10), costs, MILD, RUTHLESS).reason())
        .contains("demo-fitprune-0.2");
    assertThat(auto(ttft(5), costs, MILD, RUTHLESS).reason())
        .endsWith("max_ttft_ms 5.0 is not pursued");
    assertThat(plan(planner(MILD).plan(request(wish("auto", ttft(5)), 576))).reason())
        .contains("measured so far")
        .endsWith("max_ttft_ms 5.0 is not pursued");
  }

  @Test
  void highDetailKeepsEverythingUnlessThereIsABudget() {
    PrunePlan high = auto(wish("auto"), Detail.LOW, Detail.HIGH, Detail.AUTO);

    assertThat(high.method()).isEqualTo("none");
    assertThat(high.reason()).contains("high detail");
    assertThat(auto(wish("auto", flops(0.5)), Detail.HIGH).method()).isEqualTo("fitprune");
  }

  @Test
  void lowDetailOfEveryPictureStandsForABudget() {
    assertThat(auto(wish("auto"), Detail.LOW, Detail.LOW).reason())
        .contains("within keep_ratio 0.25");
    assertThat(auto(wish("auto"), Detail.LOW, Detail.AUTO).reason())
        .contains("demo-fitprune-0.45")
        .doesNotContain("within");
    assertThat(auto(wish("auto", flops(0.7)), Detail.LOW).reason()).contains("flops_ratio 0.7");
  }

  private static PrunePlan auto(ReductionWish wish, Detail... details) {
    List<PictureTokens> pictures =
        Arrays.stream(details)
            .map(detail -> new PictureTokens(576, Optional.empty(), detail))
            .toList();
    PlanRequest request = new PlanRequest("demo", PlanFixture.DECODER, wish, 12, pictures);
    return plan(planner(costs(1, 0), STRONG, RUTHLESS).plan(request));
  }

  private static PrunePlan auto(PrefillCosts costs, PruneRecipe... recipes) {
    return plan(planner(costs, recipes).plan(request(wish("auto"), 576)));
  }

  private static PrunePlan auto(ReductionWish.Budget budget, PruneRecipe... recipes) {
    return auto(budget, costs(1, 0), recipes);
  }

  private static PrunePlan auto(
      ReductionWish.Budget budget, PrefillCosts costs, PruneRecipe... recipes) {
    return plan(planner(costs, recipes).plan(request(wish("auto", budget), 576)));
  }

  private static void assertKeeps(
      ReasonCode code, String reason, PrefillCosts costs, PruneRecipe... recipes) {
    PlanDecision decision = planner(costs, recipes).plan(request(wish("auto"), 576));
    assertThat(((PlanDecision.Planned) decision).code()).isEqualTo(code);
    PrunePlan plan = plan(decision);

    assertThat(plan.method()).isEqualTo("none");
    assertThat(plan.reason()).contains(reason);
    assertThat(plan.flopsRatio()).isEqualTo(1);
  }

  private static FitPruneRecipe recipe(double ratio, double accuracy, int... deleted) {
    return fitPrune(ratio, OptionalDouble.of(accuracy), deleted);
  }

  /** Prefill with every token; the rest takes 10 ms. */
  private static double millis(PrefillCosts costs) {
    PlanRequest request = request(wish("auto"), 576);
    return costs
            .forecast("demo")
            .prefillMicros(AutoCandidate.workOf(request, PrunePlan.everything("")))
        / 1_000;
  }

  /**
   * Known costs.
   *
   * @param nanosPerKiloMac of everything but ranking: 1 is 60 ms for an unpruned picture
   * @param ranking how much dearer a MAC of ranking is
   */
  private static PrefillCosts costs(double nanosPerKiloMac, double ranking) {
    return new PrefillCosts() {
      @Override
      public PrefillForecast forecast(String model) {
        return new PrefillForecast() {
          @Override
          public int measured() {
            return 8;
          }

          @Override
          public int needed() {
            return 8;
          }

          @Override
          public double prefillMicros(PrefillWork work) {
            return nanosPerKiloMac
                * (work.linear() + work.attention() + ranking * work.ranking())
                / 1e6
                * 10;
          }

          @Override
          public double firstTokenMicros(PrefillWork work) {
            return 10_000 + prefillMicros(work);
          }
        };
      }

      @Override
      public void learn(String model, MeasuredPrefill measured) {}
    };
  }
}
