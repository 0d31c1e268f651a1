package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.failure;
import static io.winnow.pruner.planning.PlanFixture.flops;
import static io.winnow.pruner.planning.PlanFixture.keep;
import static io.winnow.pruner.planning.PlanFixture.plan;
import static io.winnow.pruner.planning.PlanFixture.planner;
import static io.winnow.pruner.planning.PlanFixture.request;
import static io.winnow.pruner.planning.PlanFixture.seeded;
import static io.winnow.pruner.planning.PlanFixture.ttft;
import static io.winnow.pruner.planning.PlanFixture.wish;
import static io.winnow.pruner.planning.PlanFixture.wishAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.ReductionWish.Budget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrunePlannerTest {

  private final PrunePlanner planner = planner();

  @Test
  void noneKeepsEverything() {
    assertKeepsEverything(plan(planner.plan(request(wish("none"), 576))), "asked for");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.5, 0.999})
  void noneRefusesABudgetBelowEverything(double ratio) {
    assertImpossible(flops(ratio), "flops_ratio " + ratio);
    assertImpossible(keep(ratio), "keep_ratio " + ratio);
  }

  @Test
  void noneRefusesToPromiseATime() {
    assertImpossible(ttft(100), "max_ttft_ms 100.0");
  }

  @Test
  void noneAcceptsABudgetOfEverything() {
    assertThat(plan(planner.plan(request(wish("none", keep(1)), 576))).flopsRatio()).isEqualTo(1);
  }

  @Test
  void anUnknownMethodIsRefusedWithTheNamesOfThoseThatExist() {
    assertThat(failure(planner.plan(request(wish("magic"), 576))))
        .isEqualTo(
            PrunerFailure.of(
                Reason.UNKNOWN_METHOD,
                "there is no method \"magic\"; there are: auto, dyvte, fastv, fitprune, none,"
                    + " random, visionzip, vtw",
                "visual_token_reduction.method"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"auto", "none", "random", "fastv", "visionzip", "vtw", "fitprune", "dyvte"})
  void everyMethodTakesAPromptWithoutPictures(String method) {
    assertKeepsEverything(
        plan(planner.plan(request(wish(method)))), "the prompt has no visual tokens");
    assertKeepsEverything(
        plan(planner.plan(request(wish(method, flops(0.1))))), "the prompt has no visual tokens");
  }

  @ParameterizedTest
  @CsvSource({
    "auto, 2",
    "none, 2",
    "fitprune, 2",
    "dyvte, 2",
    "visionzip, 2",
    "fastv, 0",
    "fastv, 8",
    "random, 8",
    "random, -1",
    "vtw, 9",
    "vtw, -1"
  })
  void refusesALayerThatTheMethodDoesNotTake(String method, int layer) {
    PrunerFailure failure = failure(planner.plan(request(wishAt(method, layer), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.param()).contains("visual_token_reduction.layer");
    assertThat(failure.message()).contains(method).containsAnyOf("leave out", "must be 1 to");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "none", "fastv", "visionzip", "vtw", "fitprune", "dyvte"})
  void refusesASeedThatTheMethodDoesNotTake(String method) {
    PrunerFailure failure = failure(planner.plan(request(seeded(wish(method), 1), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.param()).contains("visual_token_reduction.seed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"random", "fastv", "visionzip", "vtw", "fitprune", "dyvte"})
  void aTimeIsNotPromisedBeforePrefillsWereMeasured(String method) {
    PrunerFailure failure = failure(planner.plan(request(wish(method, ttft(100)), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.UNKNOWN_COST);
    assertThat(failure.message()).contains("measured so far").contains("flops_ratio");
    assertThat(failure.param()).contains("visual_token_reduction.max_ttft_ms");
  }

  private void assertImpossible(Budget budget, String named) {
    PrunerFailure failure = failure(planner.plan(request(wish("none", budget), 576)));
    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.message()).contains(named);
    assertThat(failure.param()).contains("visual_token_reduction");
  }

  private static void assertKeepsEverything(PrunePlan plan, String reason) {
    assertThat(plan.method()).isEqualTo("none");
    assertThat(plan.reason()).isEqualTo(reason);
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.fetch()).isEmpty();
    assertThat(plan.flopsRatio()).isEqualTo(1);
  }
}
