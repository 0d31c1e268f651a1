package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.inSegments;
import static io.winnow.pruner.planning.PlanFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for every plan of every method. */
class MethodProperties {

  private static final double ROUNDING = 1e-12;

  @Property(tries = 1000, seed = "20261125")
  void plansAreWellFormedAndWithinTheirBudgets(@ForAll("requests") PlanRequest request) {
    PlanDecision decision = planner(request).plan(request);

    if (decision instanceof PlanDecision.Refused refused) {
      assertThat(refused.failure().reason()).isEqualTo(PrunerFailure.Reason.IMPOSSIBLE_BUDGET);
      assertThat(request.wish().budget()).isPresent();
      assertThat(request.wish().method()).isNotEqualTo("auto");
      return;
    }
    PrunePlan plan = ((PlanDecision.Planned) decision).plan();
    assertKeepsFallWithDepth(request, plan);
    plan.questions().ifPresent(questions -> assertAsksOfTheLiving(request, plan, questions));
    assertSelectionsAscend(request, plan);
    assertThat(plan.scores().length)
        .isEqualTo(plan.ranking() == Ranking.GIVEN ? request.visualTokens() : 0);
    int[] entering = plan.entering(request);
    double share =
        request.macs().remainingShare(request.textTokens(), request.visualTokens(), entering);
    assertThat(plan.flopsRatio()).isEqualTo(share);
    request.wish().budget().ifPresent(budget -> assertWithin(request, plan, budget));
  }

  @Property(tries = 200, seed = "20261125")
  void theSameRequestGetsTheSamePlan(@ForAll("requests") PlanRequest request) {
    String once = text(planner(request).plan(request));

    assertThat(text(planner(request).plan(request))).isEqualTo(once);
  }

  @Property(tries = 200, seed = "20261125")
  void aBudgetOfEverythingKeepsEverything(@ForAll("requests") PlanRequest request) {
    for (String method : List.of("fastv", "random", "visionzip", "vtw", "none")) {
      PlanRequest all =
          new PlanRequest(
              request.model(),
              request.decoder(),
              PlanFixture.wish(method, PlanFixture.flops(1)),
              request.textTokens(),
              request.pictures());
      PrunePlan plan = PlanFixture.plan(planner(request).plan(all));

      assertThat(plan.flopsRatio()).isEqualTo(1);
      assertThat(plan.keep()).isEmpty();
      assertThat(plan.fetch()).isEmpty();
    }
  }

  private static void assertKeepsFallWithDepth(PlanRequest request, PrunePlan plan) {
    assertThat(plan.keep().length).isIn(0, request.decoder().layers());
    int[] alive = request.pictureSizes();
    for (int[] layer : plan.keep()) {
      assertThat(layer).hasSameSizeAs(alive);
      for (int picture = 0; picture < alive.length; picture++) {
        assertThat(layer[picture]).isBetween(0, alive[picture]);
      }
      alive = layer;
    }
  }

  private static void assertAsksOfTheLiving(
      PlanRequest request, PrunePlan plan, ExitQuestions questions) {
    int[] entering = plan.entering(request);
    int previous = -1;
    for (int i = 0; i < questions.count(); i++) {
      assertThat(questions.segments()[i]).isGreaterThan(previous);
      previous = questions.segments()[i];
      int layer = request.segmentEnds().get(previous) - 1;
      assertThat(questions.layers()[i]).isEqualTo(layer).isLessThan(request.decoder().layers() - 1);
      assertThat(questions.alive()[i]).isPositive().isEqualTo(entering[layer + 1]);
    }
  }

  private static void assertSelectionsAscend(PlanRequest request, PrunePlan plan) {
    assertThat(plan.fetch().size()).isIn(0, request.pictures().size());
    for (int picture = 0; picture < plan.fetch().size(); picture++) {
      int[] selected = plan.fetch().get(picture);
      int tokens = request.pictures().get(picture).count();
      assertThat(Arrays.stream(selected).distinct().sorted().toArray()).containsExactly(selected);
      assertThat(Arrays.stream(selected).allMatch(i -> i >= 0 && i < tokens)).isTrue();
    }
  }

  /**
   * FitPrune's budgets are nominal: exact where every picture has the size of the fit. What auto
   * cannot meet it does not pursue.
   */
  private static void assertWithin(PlanRequest request, PrunePlan plan, Budget budget) {
    if (request.wish().method().equals("auto") && plan.method().equals("none")) {
      assertThat(budget.allowsEverything() || plan.reason().endsWith("is not pursued")).isTrue();
      return;
    }
    boolean nominal =
        (request.wish().method().equals("fitprune") || plan.method().equals("fitprune"))
            && (request.pictures().stream().anyMatch(picture -> picture.count() != 576)
                || request.textTokens() != PlanFixture.TEXT_TOKENS
                || request.pictures().size() > 1);
    if (nominal) {
      return;
    }
    if (budget instanceof ReductionWish.FlopsRatio flops) {
      assertThat(plan.flopsRatio()).isLessThanOrEqualTo(flops.ratio() + 1e-6);
    } else if (budget instanceof ReductionWish.KeepRatio kept) {
      assertThat(BudgetGauge.keptShare(plan.entering(request), request.visualTokens()))
          .isLessThanOrEqualTo(kept.ratio() + ROUNDING);
    }
  }

  @Provide
  Arbitrary<PlanRequest> requests() {
    Arbitrary<Integer> sizes =
        Arbitraries.oneOf(Arbitraries.integers().between(1, 2880), Arbitraries.just(576));
    Arbitrary<int[]> pictures = sizes.array(int[].class).ofMinSize(1).ofMaxSize(4);
    Arbitrary<Integer> text =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 2000), Arbitraries.just(PlanFixture.TEXT_TOKENS));
    Arbitrary<Integer> layers = Arbitraries.integers().between(2, 40);
    return Combinators.combine(wishes(), layers, text, pictures)
        .as(
            (wish, depth, textTokens, tokens) ->
                inSegments(
                    request(wish, new DecoderDimensions(depth, 128, 352), textTokens, tokens),
                    everyOther(depth)));
  }

  /** A segment of one layer, then of two, and one of what is left. */
  private static Integer[] everyOther(int layers) {
    return IntStream.concat(
            IntStream.iterate(1, end -> end < layers, end -> end + 2), IntStream.of(layers))
        .boxed()
        .toArray(Integer[]::new);
  }

  private static Arbitrary<ReductionWish> wishes() {
    Arbitrary<Double> ratios = Arbitraries.doubles().between(0.001, 1).ofScale(4);
    Arbitrary<Optional<Budget>> budgets =
        Arbitraries.oneOf(
            ratios.map(PlanFixture::flops).map(Optional::of),
            ratios.map(PlanFixture::keep).map(Optional::of),
            Arbitraries.just(Optional.empty()));
    return Combinators.combine(
            Arbitraries.of("fastv", "random", "visionzip", "vtw", "dyvte", "fitprune", "auto"),
            budgets)
        .as(
            (method, budget) ->
                method.equals("vtw") && budget.isEmpty()
                    ? PlanFixture.wishAt(method, 1)
                    : ReductionWish.of(method, budget));
  }

  /** A planner with recipes of the request's depth, whose ratios are true at the fitted sizes. */
  private static PrunePlanner planner(PlanRequest request) {
    int layers = request.decoder().layers();
    Integer[] gated = IntStream.range(0, layers - 1).boxed().toArray(Integer[]::new);
    return PlanFixture.planner(
        new FakeGates(2, gated),
        recipe(request, 300, 1),
        recipe(request, 500, 0),
        recipe(request, 0, 0),
        vtw(layers));
  }

  private static FitPruneRecipe recipe(PlanRequest request, int count, int layer) {
    int[] deleted = new int[request.decoder().layers()];
    deleted[layer] = count;
    int[] entering = new int[deleted.length];
    Arrays.fill(entering, 0, layer + 1, 576);
    Arrays.fill(entering, layer + 1, entering.length, 576 - count);
    double ratio = request.macs().remainingShare(PlanFixture.TEXT_TOKENS, 576, entering);
    return new FitPruneRecipe("r" + count, "demo", ratio, 576, deleted, OptionalDouble.of(0.99));
  }

  private static VtwRecipe vtw(int layers) {
    return new VtwRecipe("v", "demo", layers, 0.5, 1, OptionalDouble.empty());
  }

  private static String text(PlanDecision decision) {
    return decision instanceof PlanDecision.Planned planned
        ? Arrays.deepToString(planned.plan().keep())
            + Arrays.toString(planned.plan().scores())
            + Arrays.deepToString(planned.plan().fetch().toArray())
            + planned.plan().reason()
        : decision.toString();
  }
}
