package io.winnow.pruner.planning;

import static io.winnow.pruner.planning.PlanFixture.column;
import static io.winnow.pruner.planning.PlanFixture.failure;
import static io.winnow.pruner.planning.PlanFixture.flops;
import static io.winnow.pruner.planning.PlanFixture.keep;
import static io.winnow.pruner.planning.PlanFixture.plan;
import static io.winnow.pruner.planning.PlanFixture.planner;
import static io.winnow.pruner.planning.PlanFixture.request;
import static io.winnow.pruner.planning.PlanFixture.seeded;
import static io.winnow.pruner.planning.PlanFixture.wish;
import static io.winnow.pruner.planning.PlanFixture.wishAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** FastV, its random baseline, and selection by saliency. */
class BaselineMethodsTest {

  private final PrunePlanner planner = planner();

  @Test
  void fastVKeepsHalfBeforeLayerTwo() {
    PrunePlan plan = plan(planner.plan(request(wish("fastv"), 576)));

    assertThat(column(plan, 0)).containsExactly(576, 288, 288, 288, 288, 288, 288, 288);
    assertThat(plan.ranking()).isEqualTo(Ranking.FASTV);
    assertThat(plan.scores()).isEmpty();
    assertThat(plan.consecutive()).isFalse();
    assertThat(plan.fetch()).isEmpty();
    assertThat(plan.reason()).contains("288 of 576").contains("layer 2");
  }

  @Test
  void fastVTakesALayer() {
    PrunePlan plan = plan(planner.plan(request(wishAt("fastv", 5), 577)));

    assertThat(column(plan, 0)).containsExactly(577, 577, 577, 577, 289, 289, 289, 289);
  }

  @Test
  void fastVGivesEachPictureItsOwnQuota() {
    PrunePlan plan = plan(planner.plan(request(wish("fastv"), 576, 10, 3)));

    assertThat(plan.keep()[0]).containsExactly(576, 10, 3);
    assertThat(plan.keep()[1]).containsExactly(288, 5, 2);
  }

  /** By hand: 2 layers of 588 tokens and 6 of 12 + kept; f(n) = 4nd² + 2n²d + 3ndm. */
  @Test
  void fastVMeetsAFlopsRatioFromBelowByOneToken() {
    PlanRequest request = request(wish("fastv", flops(0.5)), 576);
    PrunePlan plan = plan(planner.plan(request));
    int kept = plan.keep()[1][0];

    assertThat(share(kept)).isLessThanOrEqualTo(0.5);
    assertThat(share(kept + 1)).isGreaterThan(0.5);
    assertThat(plan.flopsRatio()).isEqualTo(share(kept));
  }

  @Test
  void fastVMeetsAKeepRatioAsTheMeanOverLayers() {
    PrunePlan plan = plan(planner.plan(request(wish("fastv", keep(0.5)), 576)));

    // (2 * 576 + 6 * kept) / (8 * 576) = 0.5
    assertThat(plan.keep()[1]).containsExactly(192);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fastv", "random"})
  void aBudgetBelowTheFirstLayersAndTheTextIsImpossible(String method) {
    PrunerFailure failure = failure(planner.plan(request(wish(method, flops(0.2)), 576)));

    assertThat(failure.reason()).isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(failure.param()).contains("visual_token_reduction.flops_ratio");
    double least = share(0);
    String rounded = "flops_ratio " + Math.ceil(least * 10_000) / 10_000;
    assertThat(failure.message()).contains("before layer 2").endsWith(rounded);
    double promised = Math.ceil(least * 10_000) / 10_000;
    assertThat(planner.plan(request(wish(method, flops(promised)), 576)))
        .isInstanceOf(PlanDecision.Planned.class);
  }

  @Test
  void aBudgetOfEverythingDropsNothing() {
    PrunePlan plan = plan(planner.plan(request(wish("fastv", flops(1)), 576)));

    assertThat(plan.method()).isEqualTo("none");
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.reason()).contains("576 of 576");
  }

  @Test
  void aDecoderOfOneLayerHasNowhereToDrop() {
    PlanRequest request = request(wish("fastv"), new DecoderDimensions(1, 128, 352), 12, 576);

    assertThat(failure(planner.plan(request)).reason()).isEqualTo(Reason.INVALID_REQUEST);
  }

  @Test
  void randomDrawsAnewForAnotherSeedOnly() {
    float[] zero = scores(0);

    assertThat(zero).hasSize(579);
    assertThat(scores(0)).containsExactly(zero);
    assertThat(plan(planner.plan(request(wish("random"), 576, 3))).scores()).containsExactly(zero);
    assertThat(scores(1)).isNotEqualTo(zero);
  }

  /** From docs/sampling.md's generator, worked out with Python integers. */
  @Test
  void randomScoresAreSpecified() {
    assertThat(RandomScores.of(0, new int[] {2, 1}))
        .containsExactly(0.6524484753608704f, 0.7012121081352234f, 0.2762335538864136f);
    assertThat(RandomScores.of(-7, new int[] {1})).containsExactly(0.899594783782959f);
  }

  @Test
  void aPictureKeepsItsScoresWhenAnotherComesBehindIt() {
    float[] alone = RandomScores.of(3, new int[] {40});
    float[] first = RandomScores.of(3, new int[] {40, 7});

    assertThat(first).startsWith(alone);
  }

  @Test
  void visionZipFetchesTheThirdThatIsMostSalientInSpatialOrder() {
    PrunePlan plan = plan(planner.plan(request(wish("visionzip"), 576, 9)));

    assertThat(plan.fetch().get(0)).hasSize(192).isSorted().startsWith(192).endsWith(383);
    assertThat(plan.fetch().get(1)).containsExactly(3, 4, 5);
    assertThat(plan.consecutive()).isTrue();
    assertThat(plan.keep()).isEmpty();
    assertThat(plan.ranking()).isEqualTo(Ranking.NONE);
  }

  @Test
  void visionZipSettlesTiesByPlaceAndOrdersNegativeSaliency() {
    float[] saliency = {-1f, 0f, -0f, 2f, -3f, 2f};

    assertThat(Salient.most(saliency, 1)).containsExactly(3);
    assertThat(Salient.most(saliency, 3)).containsExactly(1, 3, 5);
    assertThat(Salient.most(saliency, 5)).containsExactly(0, 1, 2, 3, 5);
    assertThat(Salient.most(saliency, 0)).isEmpty();
  }

  @Test
  void visionZipMeetsAKeepRatioExactly() {
    PrunePlan plan = plan(planner.plan(request(wish("visionzip", keep(0.29)), 100)));

    assertThat(plan.fetch().get(0)).hasSize(29);
  }

  @Test
  void visionZipNeedsSaliency() {
    PlanRequest request =
        new PlanRequest(
            "demo",
            PlanFixture.DECODER,
            wish("visionzip"),
            12,
            List.of(new PictureTokens(4, Optional.empty(), Detail.AUTO)));

    assertThat(failure(planner.plan(request)).message()).contains("saliency");
  }

  @Test
  void quotasAddUpToTheTotalAndGoToTheLargestRemainders() {
    assertThat(PictureQuotas.split(100, new int[] {576, 576, 1})).containsExactly(50, 50, 0);
    assertThat(PictureQuotas.split(5, new int[] {3, 3, 3})).containsExactly(2, 2, 1);
    assertThat(PictureQuotas.split(0, new int[] {4})).containsExactly(0);
    assertThat(PictureQuotas.split(7, new int[] {4, 3})).containsExactly(4, 3);
  }

  private float[] scores(long seed) {
    return plan(planner.plan(request(seeded(wish("random"), seed), 576, 3))).scores();
  }

  private static double share(int kept) {
    return (2 * layer(588) + 6 * layer(12 + kept)) / (8 * layer(588));
  }

  private static double layer(double n) {
    return 4 * n * 128 * 128 + 2 * n * n * 128 + 3 * n * 128 * 352;
  }
}
