package io.winnow.pruner.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.winnow.pruner.planning.PruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.v1.CalibrationRecord;
import io.winnow.v1.LayerDivergence;
import io.winnow.v1.MeasuredAccuracy;
import io.winnow.v1.Recipe;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeReaderTest {

  @Test
  void readsARecipeOfFitPrune() throws BadRecipeException {
    PruneRecipe recipe =
        RecipeReader.read(
            "demo-fitprune-0.45.json",
            """
            {"formatVersion": 1, "name": "demo-fitprune-0.45", "method": "fitprune",
             "model": "demo", "layers": 3, "flopsRatio": 0.45, "visualSavedRatio": 0.6,
             "fittedVisualTokens": 576, "deleted": [0, 100, 200],
             "calibration": {"samples": 65, "alpha": 0.1, "created": "2026-11-25T18:00:00Z"},
             "accuracy": {"questions": 100, "pruned": 0.9, "unpruned": 0.96}}
            """);

    assertThat(recipe.name()).isEqualTo("demo-fitprune-0.45");
    assertThat(recipe.model()).isEqualTo("demo");
    assertThat(recipe.layers()).isEqualTo(3);
    assertThat(recipe.flopsRatio()).isEqualTo(0.45);
    assertThat(recipe.relativeAccuracy()).hasValue(0.9 / 0.96);
    assertThat(((FitPruneRecipe) recipe).deleted()).containsExactly(0, 100, 200);
    assertThat(((FitPruneRecipe) recipe).fittedVisualTokens()).isEqualTo(576);
  }

  @Test
  void whatWasNotMeasuredIsNotKnown() throws BadRecipeException {
    assertThat(read(fitPrune()).relativeAccuracy()).isEmpty();
    assertThat(read(vtw()).relativeAccuracy()).isEmpty();
    Recipe.Builder hopeless = fitPrune().setAccuracy(MeasuredAccuracy.newBuilder().setQuestions(5));
    assertThat(read(hopeless).relativeAccuracy()).isEmpty();
  }

  @Test
  void theDivergenceOfVtwBoundsItsAccuracyUntilItIsMeasured() throws BadRecipeException {
    Recipe.Builder vtw = vtw().setCalibration(divergences(3, 0.5, 4, 0.0008));

    assertThat(((VtwRecipe) read(vtw)).withdrawLayer()).isEqualTo(4);
    assertThat(read(vtw).relativeAccuracy().orElseThrow()).isCloseTo(0.98, within(1e-12));
    assertThat(read(vtw.setWithdrawLayer(3)).relativeAccuracy()).hasValue(0.5);
    assertThat(read(vtw.setWithdrawLayer(5)).relativeAccuracy()).isEmpty();
    assertThat(read(vtw.setWithdrawLayer(8)).relativeAccuracy()).hasValue(1);
    MeasuredAccuracy measured =
        MeasuredAccuracy.newBuilder().setQuestions(9).setPruned(0.8).setUnpruned(0.8).build();
    assertThat(read(vtw.setWithdrawLayer(3).setAccuracy(measured)).relativeAccuracy()).hasValue(1);
  }

  @Test
  void namesEverythingThatIsWrong() {
    Recipe.Builder bad =
        Recipe.newBuilder()
            .setFormatVersion(2)
            .setName("a/b")
            .setMethod("fitprune")
            .setFlopsRatio(1.5)
            .setVisualSavedRatio(1)
            .setWithdrawLayer(3)
            .addAllDeleted(List.of(-1, 5))
            .setCalibration(divergences(4, -1, 4, Double.NaN))
            .setAccuracy(MeasuredAccuracy.newBuilder().setPruned(2));

    assertThatThrownBy(() -> RecipeReader.read("c.json", bad.build()))
        .isInstanceOf(BadRecipeException.class)
        .hasMessage(
            "formatVersion is 2, must be 1; "
                + "name is \"a/b\", must be 1 to 100 letters, digits or . _ -; "
                + "name is \"a/b\", so the file must be called so and end in .json; "
                + "model is empty; "
                + "layers is 0, must be 1 to 4096; "
                + "flopsRatio is 1.5, must be above 0 and at most 1; "
                + "fittedVisualTokens is 0, must be at least 1; "
                + "deleted has 2 numbers for 0 layers; "
                + "deleted holds a number below 0; "
                + "deleted adds up to 4 of 0 tokens; "
                + "visualSavedRatio is 1.0, must be at least 0 and below 1; "
                + "withdrawLayer belongs to vtw; "
                + "calibration.divergences has -1.0 nats at layer 4; "
                + "calibration.divergences has layer 4 after layer 4; "
                + "calibration.divergences has NaN nats at layer 4; "
                + "accuracy.questions is 0, must be at least 1; "
                + "accuracy is 2.0 of 0.0, must be shares in 0 to 1");
  }

  @Test
  void namesWhatIsWrongWithARecipeOfVtwOrOfAnUnknownMethod() {
    assertThatThrownBy(() -> read(vtw().setWithdrawLayer(9).addDeleted(1)))
        .hasMessage(
            "withdrawLayer is 9, must be 1 to 8; "
                + "deleted and fittedVisualTokens belong to fitprune");
    assertThatThrownBy(() -> read(vtw().setMethod("fastv")))
        .hasMessage("method is \"fastv\", must be fitprune or vtw");
  }

  @Test
  void refusesWhatIsNoJsonAndFieldsThatItDoesNotKnow() {
    assertThatThrownBy(() -> RecipeReader.read("a.json", "{"))
        .hasMessageStartingWith("not a recipe in JSON");
    assertThatThrownBy(() -> RecipeReader.read("a.json", "{\"delted\": [1]}"))
        .hasMessageContaining("delted");
  }

  private static PruneRecipe read(Recipe.Builder recipe) throws BadRecipeException {
    return RecipeReader.read(recipe.getName() + ".json", recipe.build());
  }

  private static Recipe.Builder fitPrune() {
    return head("fitprune")
        .setFittedVisualTokens(10)
        .addAllDeleted(List.of(0, 0, 5, 5, 0, 0, 0, 0));
  }

  private static Recipe.Builder vtw() {
    return head("vtw").setWithdrawLayer(4);
  }

  private static Recipe.Builder head(String method) {
    return Recipe.newBuilder()
        .setFormatVersion(1)
        .setName("r")
        .setMethod(method)
        .setModel("demo")
        .setLayers(8)
        .setFlopsRatio(0.5);
  }

  private static CalibrationRecord divergences(int first, double a, int second, double b) {
    return CalibrationRecord.newBuilder()
        .addDivergences(LayerDivergence.newBuilder().setLayer(first).setNats(a))
        .addDivergences(LayerDivergence.newBuilder().setLayer(second).setNats(b))
        .build();
  }
}
