package io.winnow.pruner.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrunePlannerTest {

  private final PrunePlanner planner = PrunePlanner.withAllMethods();

  @Test
  void autoKeepsEverythingAndSaysThatNoMethodIsCalibrated() {
    assertThat(planner.plan(request(wish("auto"), 576)))
        .isEqualTo(
            new PlanDecision.Planned(
                new PrunePlan("none", "no pruning method is calibrated for model \"demo\"", 1.0)));
  }

  @Test
  void autoSaysWhenThereIsNothingToPrune() {
    assertThat(reason(planner.plan(request(wish("auto"), 0))))
        .isEqualTo("the prompt has no visual tokens");
  }

  @Test
  void autoSaysWhichBudgetItDoesNotPursue() {
    assertThat(reason(planner.plan(request(wish("auto", new ReductionWish.FlopsRatio(0.5)), 576))))
        .endsWith("so flops_ratio 0.5 is not pursued");
  }

  @Test
  void noneKeepsEverything() {
    assertThat(planner.plan(request(wish("none"), 576)))
        .isEqualTo(new PlanDecision.Planned(new PrunePlan("none", "asked for", 1.0)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.5, 0.999})
  void noneRefusesABudgetBelowEverything(double ratio) {
    assertImpossible(new ReductionWish.FlopsRatio(ratio), "flops_ratio " + ratio);
    assertImpossible(new ReductionWish.KeepRatio(ratio), "keep_ratio " + ratio);
  }

  @Test
  void noneRefusesToPromiseATime() {
    assertImpossible(new ReductionWish.MaxTtftMillis(100), "max_ttft_ms 100.0");
  }

  @Test
  void noneAcceptsABudgetOfEverything() {
    assertThat(planner.plan(request(wish("none", new ReductionWish.KeepRatio(1)), 576)))
        .isInstanceOf(PlanDecision.Planned.class);
  }

  @Test
  void anUnknownMethodIsRefusedWithTheNamesOfThoseThatExist() {
    PrunerFailure failure = failure(planner.plan(request(wish("fitprune"), 576)));

    assertThat(failure)
        .isEqualTo(
            PrunerFailure.of(
                Reason.UNKNOWN_METHOD,
                "there is no method \"fitprune\"; there are: auto, none",
                "visual_token_reduction.method"));
  }

  private void assertImpossible(Budget budget, String named) {
    PrunerFailure failure = failure(planner.plan(request(wish("none", budget), 576)));
    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.message()).contains(named);
    assertThat(failure.param()).contains("visual_token_reduction");
  }

  private static String reason(PlanDecision decision) {
    return ((PlanDecision.Planned) decision).plan().reason();
  }

  private static PrunerFailure failure(PlanDecision decision) {
    return ((PlanDecision.Refused) decision).failure();
  }

  private static ReductionWish wish(String method, Budget... budget) {
    return new ReductionWish(method, Optional.of(budget).filter(b -> b.length > 0).map(b -> b[0]));
  }

  private static PlanRequest request(ReductionWish wish, int visualTokens) {
    return new PlanRequest("demo", new DecoderDimensions(8, 128, 352), wish, 12, visualTokens);
  }
}
