package io.winnow.pruner.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.AutoSettings;
import io.winnow.pruner.planning.GateBook;
import io.winnow.pruner.planning.PictureTokens;
import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.PlanDecision;
import io.winnow.pruner.planning.PlanRequest;
import io.winnow.pruner.planning.PrefillCosts.MeasuredPrefill;
import io.winnow.pruner.planning.PrefillOutcome;
import io.winnow.pruner.planning.PrefillWork;
import io.winnow.pruner.planning.PrunePlan;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.pruner.planning.RecipeBook;
import io.winnow.pruner.planning.ReductionWish;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The loop of auto: plan, run, learn, plan better. Seeds are fixed; time is made up. */
class AutoSimulationTest {

  private static final int REQUESTS = 400;
  private static final int SETTLED = 100; // the last ones
  private static final int LAYERS = Deployment.DECODER.layers();

  private final Random random = new Random(5);
  private final PrunePlanner planner =
      PrunePlanner.withAllMethods(
          () -> new RecipeBook(List.of(fitPrune(), vtw())),
          new LearnedCosts(),
          GateBook.empty(),
          new AutoSettings(0.98, 0.1, 1, 0.25));

  @Test
  void prunesByRankingWhereRankingIsCheap() {
    List<PrunePlan> plans = run(new Deployment(2_000, 0.1, 0.1, 0.1));

    assertThat(settledOn(plans, "fitprune")).isGreaterThan(0.95);
  }

  /** Counting MACs says FitPrune, the clock says otherwise: withdrawal, which ranks nothing. */
  @Test
  void learnsThatRankingIsDearAndTakesWhatDoesNotRank() {
    List<PrunePlan> plans = run(new Deployment(2_000, 0.1, 0.1, 4));

    assertThat(plans.get(0).method()).isEqualTo("fitprune");
    assertThat(settledOn(plans, "vtw")).isGreaterThan(0.95);
    assertThat(plans.stream().filter(plan -> plan.method().equals("fitprune")).count())
        .isLessThan(40);
  }

  /** Nearly all of a prefill is overhead that tokens do not change. */
  @Test
  void learnsThatNothingPaysWhereTokensCostNothing() {
    List<PrunePlan> plans = run(new Deployment(200_000, 0.0005, 0.0005, 0.0005));

    assertThat(settledOn(plans, "none")).isGreaterThan(0.95);
    assertThat(plans.get(REQUESTS - 1).reason()).contains("costs about what it saves");
  }

  private List<PrunePlan> run(Deployment machine) {
    List<PrunePlan> plans = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      PlanRequest request = request();
      PrunePlan plan = ((PlanDecision.Planned) planner.plan(request)).plan();
      plans.add(plan);
      int[] entered = entered(plan, 576);
      PrefillWork work =
          PrefillWork.of(Deployment.DECODER, request.textTokens(), entered, plan.ranking());
      MeasuredPrefill measured =
          i % 7 == 0 ? machine.disturbed(work, random) : machine.measure(work, random);
      planner.learn(
          request,
          plan,
          new PrefillOutcome(entered, measured.prefillMicros(), measured.firstTokenMicros()));
    }
    return plans;
  }

  private static double settledOn(List<PrunePlan> plans, String method) {
    return plans.subList(REQUESTS - SETTLED, REQUESTS).stream()
            .filter(plan -> plan.method().equals(method))
            .count()
        / (double) SETTLED;
  }

  private PlanRequest request() {
    return new PlanRequest(
        "m",
        Deployment.DECODER,
        ReductionWish.of("auto", Optional.empty()),
        10 + random.nextInt(60),
        List.of(new PictureTokens(576, Optional.empty(), Detail.AUTO)));
  }

  private static int[] entered(PrunePlan plan, int visual) {
    int[] entered = new int[LAYERS];
    Arrays.fill(entered, visual);
    for (int layer = 1; layer < plan.keep().length; layer++) {
      entered[layer] = plan.keep()[layer - 1][0];
    }
    return entered;
  }

  private static FitPruneRecipe fitPrune() {
    int[] deleted = new int[LAYERS];
    Arrays.fill(deleted, 1, 21, 25);
    return new FitPruneRecipe("fit", "m", 0.5, 576, deleted, OptionalDouble.of(0.99));
  }

  private static VtwRecipe vtw() {
    return new VtwRecipe("vtw", "m", LAYERS, 0.8, 19, OptionalDouble.of(0.99));
  }
}
