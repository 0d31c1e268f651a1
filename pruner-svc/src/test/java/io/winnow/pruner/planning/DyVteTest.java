package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.failure;
import static io.winnow.pruner.planning.PlanFixture.fitPrune;
import static io.winnow.pruner.planning.PlanFixture.flops;
import static io.winnow.pruner.planning.PlanFixture.inSegments;
import static io.winnow.pruner.planning.PlanFixture.keep;
import static io.winnow.pruner.planning.PlanFixture.plan;
import static io.winnow.pruner.planning.PlanFixture.planner;
import static io.winnow.pruner.planning.PlanFixture.request;
import static io.winnow.pruner.planning.PlanFixture.wish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DyVteTest {

  private final FakeGates gates = new FakeGates(4, 1, 3, 5);
  private final PrunePlanner planner = planner(gates, fitPrune(0.5, 0, 200, 0, 200, 0, 0, 0, 0));

  @Test
  void asksAfterEverySegmentThatHasAGateAndDropsNothingItself() {
    PrunePlan plan = plan(planner.plan(asking(ExitWish.NONE)));

    ExitQuestions questions = plan.questions().orElseThrow();
    assertThat(plan.method()).isEqualTo("dyvte");
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.flopsRatio()).isEqualTo(1);
    assertThat(questions.segments()).containsExactly(0, 1, 2);
    assertThat(questions.layers()).containsExactly(1, 3, 5);
    assertThat(questions.alive()).containsOnly(576);
    assertThat(questions.threshold()).isZero(); // the argmax of the logits
    assertThat(questions.blocking()).isFalse();
    assertThat(plan.reason()).contains("[1, 3, 5]");
  }

  @Test
  void asksWhereGatesAndSegmentEndsMeetAndNeverAfterTheLastSegment() {
    PrunePlan plan =
        plan(
            planner(new FakeGates(4, 0, 2, 3, 7))
                .plan(inSegments(request(wish("dyvte"), 576), 1, 2, 4, 8)));

    assertThat(plan.questions().orElseThrow().segments()).containsExactly(0, 2);
    assertThat(plan.questions().orElseThrow().layers()).containsExactly(0, 3);
  }

  @Test
  void asksFromTheMinimumLayerOn() {
    PrunePlan plan =
        plan(planner.plan(asking(exit(OptionalDouble.empty(), OptionalInt.of(2), true, null))));

    assertThat(plan.questions().orElseThrow().layers()).containsExactly(3, 5);
    assertThat(plan.questions().orElseThrow().blocking()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0.5, 0", "0.9, 2.1972246", "0.1, -2.1972246"})
  void aThresholdIsAProbability(double threshold, float margin) {
    PrunePlan plan = plan(planner.plan(asking(threshold(threshold))));

    assertThat(plan.questions().orElseThrow().threshold()).isCloseTo(margin, within(1e-6f));
  }

  @Test
  void fitPruneGoesFirstWithItsRecipeAndBudget() {
    PrunePlan plan = plan(planner.plan(with("fitprune", Optional.of(flops(0.6)))));

    assertThat(plan.method()).isEqualTo("dyvte+fitprune");
    assertThat(plan.ranking()).isEqualTo(Ranking.FITPRUNE);
    assertThat(plan.keep()[1]).containsExactly(376);
    assertThat(plan.questions().orElseThrow().alive()).containsExactly(376, 176, 176);
    assertThat(plan.flopsRatio()).isLessThan(0.6);
  }

  @Test
  void fastVGoesFirstWithItsLayerAndBudget() {
    ReductionWish wish =
        new ReductionWish(
            "dyvte",
            Optional.of(keep(0.625)),
            OptionalInt.of(4),
            OptionalLong.empty(),
            exit(OptionalDouble.empty(), OptionalInt.empty(), false, "fastv"));
    PrunePlan plan = plan(planner.plan(inSegments(request(wish, 576), 2, 4, 6, 8)));

    assertThat(plan.method()).isEqualTo("dyvte+fastv");
    assertThat(plan.ranking()).isEqualTo(Ranking.FASTV);
    assertThat(plan.questions().orElseThrow().alive()).containsExactly(576, 144, 144);
  }

  @Test
  void aBudgetAloneBindsByWithdrawingInTime() {
    PrunePlan plan =
        plan(planner.plan(inSegments(request(wish("dyvte", flops(0.6)), 576), 2, 4, 6, 8)));

    assertThat(plan.flopsRatio()).isLessThanOrEqualTo(0.6);
    assertThat(plan.entering(request(wish("dyvte"), 576)))
        .containsExactly(576, 576, 576, 576, 0, 0, 0, 0);
    assertThat(plan.questions().orElseThrow().layers()).containsExactly(1); // 3: all gone
  }

  @Test
  void asksNothingWhereTheBudgetWithdrawsBeforeAnyGate() {
    PrunePlan plan =
        plan(planner.plan(inSegments(request(wish("dyvte", flops(0.2)), 576), 2, 4, 6, 8)));

    assertThat(plan.method()).isEqualTo("dyvte");
    assertThat(plan.questions()).isEmpty();
    assertThat(plan.reason()).contains("no gate comes before that");
  }

  @Test
  void aBudgetThatTheMinimumLayerForbidsIsImpossible() {
    PlanRequest request =
        asking(
            wish("dyvte", keep(0.4))
                .withExit(exit(OptionalDouble.empty(), OptionalInt.of(4), false, null)));

    PrunerFailure failure = failure(planner.plan(request));
    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.message()).contains("min_layer 4", "keep_ratio 0.625");
  }

  @Test
  void severalPicturesGoTogether() {
    PrunePlan plan = plan(planner.plan(inSegments(request(wish("dyvte"), 100, 50), 2, 4, 6, 8)));

    assertThat(plan.questions().orElseThrow().alive()).containsOnly(150);
  }

  @Test
  void withoutGatesItSaysHowToGetSome() {
    PrunerFailure failure = failure(planner().plan(asking(ExitWish.NONE)));

    assertThat(failure.reason()).isEqualTo(Reason.NO_GATES);
    assertThat(failure.param()).contains("visual_token_reduction.method");
    assertThat(failure.message())
        .contains("\"demo\"", "train", "export", "winnow.pruner.gates.repository");
  }

  @Test
  void gatesThatNoSegmentEndsAtAreRefusedWithBothLists() {
    PrunerFailure failure =
        failure(
            planner(new FakeGates(4, 2)).plan(inSegments(request(wish("dyvte"), 576), 2, 4, 6, 8)));

    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.message()).contains("[2]", "[2, 4, 6, 8]");
    assertThat(failure.param()).contains("visual_token_reduction.method");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vtw", "visionzip", "random", "auto", "dyvte", "magic"})
  void refusesOtherPartnersByName(String partner) {
    PrunerFailure failure = failure(planner.plan(with(partner, Optional.empty())));

    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.param()).contains("visual_token_reduction.with");
    assertThat(failure.message()).contains("fitprune", "fastv", partner);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -1, 2, Double.NaN})
  void refusesAThresholdThatIsNoProbability(double threshold) {
    assertThat(failure(planner.plan(asking(threshold(threshold)))).param())
        .contains("visual_token_reduction.exit_threshold");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 7, 8})
  void refusesAMinimumLayerAfterWhichNothingIsLeftToSave(int layer) {
    ExitWish wish = exit(OptionalDouble.empty(), OptionalInt.of(layer), false, null);

    assertThat(failure(planner.plan(asking(wish))).param())
        .contains("visual_token_reduction.min_layer");
  }

  @Test
  void aMinimumLayerBehindEveryGateIsRefused() {
    ExitWish wish = exit(OptionalDouble.empty(), OptionalInt.of(6), false, null);

    PrunerFailure failure = failure(planner.plan(asking(wish)));
    assertThat(failure.message()).contains("from layer 6 on");
    assertThat(failure.param()).contains("visual_token_reduction.min_layer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "none", "fitprune", "vtw", "fastv", "visionzip", "random"})
  void otherMethodsRefuseWhatOnlyAnExitTakes(String method) {
    assertRefused(method, threshold(0.7), "exit_threshold");
    assertRefused(
        method, exit(OptionalDouble.empty(), OptionalInt.of(0), false, null), "min_layer");
    assertRefused(
        method, exit(OptionalDouble.empty(), OptionalInt.empty(), true, null), "blocking");
    assertRefused(
        method, exit(OptionalDouble.empty(), OptionalInt.empty(), false, "fastv"), "with");
  }

  @Test
  void aPartnersRefusalIsPassedOn() {
    PrunerFailure failure = failure(planner(gates).plan(with("fitprune", Optional.empty())));

    assertThat(failure.reason()).isEqualTo(Reason.NO_RECIPE);
    assertThat(failure.message()).contains("fitprune");
  }

  @Test
  void whatWaitedTeachesNothingOfCosts() {
    FakeCosts costs = new FakeCosts();
    PrunePlanner learning =
        PrunePlanner.withAllMethods(
            RecipeBook::empty, costs, model -> Optional.of(gates), PlanFixture.AUTO);
    int[] entered = new int[8];
    Arrays.fill(entered, 576);
    for (boolean blocking : new boolean[] {true, false}) {
      PlanRequest request =
          asking(exit(OptionalDouble.empty(), OptionalInt.empty(), blocking, null));
      learning.learn(request, plan(learning.plan(request)), new PrefillOutcome(entered, 9, 9));
    }

    assertThat(costs.learned).isEqualTo(1);
  }

  /** It promises what a recipe costs and leaves, and nobody knows what a gate will say. */
  @Test
  void autoNeverChoosesIt() {
    PrunePlan plan = plan(planner.plan(asking(wish("auto"))));

    assertThat(plan.method()).doesNotContain("dyvte");
    assertThat(plan.questions()).isEmpty();
  }

  private void assertRefused(String method, ExitWish exit, String field) {
    PrunerFailure failure = failure(planner.plan(request(wish(method).withExit(exit), 576)));
    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.param()).contains("visual_token_reduction." + field);
    assertThat(failure.message()).contains(method, "leave out");
  }

  private static PlanRequest asking(ExitWish exit) {
    return asking(wish("dyvte").withExit(exit));
  }

  private static PlanRequest asking(ReductionWish wish) {
    return inSegments(request(wish, 576), 2, 4, 6, 8);
  }

  private static PlanRequest with(String partner, Optional<ReductionWish.Budget> budget) {
    return asking(
        ReductionWish.of("dyvte", budget)
            .withExit(exit(OptionalDouble.empty(), OptionalInt.empty(), false, partner)));
  }

  private static ExitWish threshold(double probability) {
    return exit(OptionalDouble.of(probability), OptionalInt.empty(), false, null);
  }

  private static ExitWish exit(
      OptionalDouble threshold, OptionalInt minLayer, boolean blocking, String with) {
    return new ExitWish(threshold, minLayer, blocking, Optional.ofNullable(with));
  }

  /** Counts what it learns. */
  private static final class FakeCosts implements PrefillCosts {

    private int learned;

    @Override
    public PrefillForecast forecast(String model) {
      return PrefillForecast.unknown(0, 1);
    }

    @Override
    public void learn(String model, MeasuredPrefill measured) {
      learned++;
    }
  }
}
