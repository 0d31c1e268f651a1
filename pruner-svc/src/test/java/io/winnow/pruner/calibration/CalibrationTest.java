package io.winnow.pruner.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.recipes.RecipeReader;
import io.winnow.v1.Recipe;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CalibrationTest {

  private static final DecoderDimensions DECODER = new DecoderDimensions(8, 16, 44);
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);

  private final FakeRuns runs = new FakeRuns(8, new int[] {40, 44}, 5);

  @Test
  void makesAFitPruneRecipeThatCanBeReadAgain() throws Exception {
    Recipe recipe = found(new CalibrationRequest.FitPruneByFlops(0.6), runs.samples()).recipe();

    assertThat(recipe.getName()).isEqualTo("demo-fitprune-0.6");
    assertThat(recipe.getFlopsRatio()).isEqualTo(0.6);
    assertThat(recipe.getFittedVisualTokens()).isEqualTo(42);
    assertThat(recipe.getDeletedList()).hasSize(8).anyMatch(count -> count > 0);
    assertThat(recipe.getVisualSavedRatio()).isBetween(0.2, 0.7);
    assertThat(recipe.getCalibration().getSamples()).isEqualTo(2);
    assertThat(recipe.getCalibration().getVisualTokens()).isEqualTo(42);
    assertThat(recipe.getCalibration().getTextTokens()).isEqualTo(10.5);
    assertThat(recipe.getCalibration().getAlpha()).isBetween(0.0, 1.0);
    assertThat(recipe.getCalibration().getCreated()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(RecipeReader.read("demo-fitprune-0.6.json", recipe).layers()).isEqualTo(8);
  }

  @Test
  void makesAVtwRecipeThatCanBeReadAgain() throws Exception {
    Recipe recipe = found(new CalibrationRequest.Vtw(0.02, 3), runs.samples()).recipe();

    assertThat(recipe.getName()).isEqualTo("demo-vtw-0.02-3");
    assertThat(recipe.getWithdrawLayer()).isBetween(2, 7);
    assertThat(recipe.getFlopsRatio()).isBetween(0.3, 0.99);
    assertThat(recipe.getCalibration().getDivergencesCount()).isEqualTo(7);
    assertThat(recipe.getCalibration().getAnswerTokens()).isEqualTo(3);
    RecipeReader.read("demo-vtw-0.02-3.json", recipe);
  }

  @Test
  void aBudgetInThePapersTermsIsToldInOurs() throws InterruptedException {
    Recipe recipe =
        found(new CalibrationRequest.FitPruneByVisualShare(0.4), runs.samples()).recipe();

    assertThat(recipe.getVisualSavedRatio()).isGreaterThanOrEqualTo(0.4);
    assertThat(recipe.getFlopsRatio()).isBetween(0.4, 0.8);
  }

  @Test
  void leavesOutWhatSaysNothingAndSaysSo() throws InterruptedException {
    List<Sample> samples = new ArrayList<>(runs.samples());
    samples.add(new Sample(2, 9, 0, 0));
    samples.add(new Sample(3, 9, 80, 2));

    CalibrationResult.Found fitPrune = found(new CalibrationRequest.FitPruneByFlops(0.6), samples);
    CalibrationResult.Found vtw = found(new CalibrationRequest.Vtw(0.02, 1), samples.subList(0, 3));

    assertThat(fitPrune.recipe().getCalibration().getSamples()).isEqualTo(2);
    assertThat(fitPrune.notes())
        .containsExactly(
            "1 prompts without a picture were left out",
            "1 prompts with several pictures were left out: a recipe's counts are for one");
    assertThat(vtw.notes()).containsExactly("1 prompts without a picture were left out");
  }

  @Test
  void refusesWhatCannotBeFound() throws InterruptedException {
    assertThat(refused(new CalibrationRequest.FitPruneByFlops(0.001), runs.samples()))
        .isEqualTo(Reason.IMPOSSIBLE_BUDGET);
    assertThat(
            refused(new CalibrationRequest.FitPruneByFlops(0.5), List.of(new Sample(0, 9, 0, 0))))
        .isEqualTo(Reason.INVALID_REQUEST);
  }

  private CalibrationResult.Found found(CalibrationRequest.Method method, List<Sample> samples)
      throws InterruptedException {
    return (CalibrationResult.Found) find(method, samples);
  }

  private Reason refused(CalibrationRequest.Method method, List<Sample> samples)
      throws InterruptedException {
    return ((CalibrationResult.Refused) find(method, samples)).failure().reason();
  }

  private CalibrationResult find(CalibrationRequest.Method method, List<Sample> samples)
      throws InterruptedException {
    return new Calibration(runs, (phase, done, total) -> {}, CLOCK)
        .find(new CalibrationRequest("demo", "", DECODER, method, samples));
  }
}
