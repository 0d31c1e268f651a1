package io.winnow.pruner.recipes;

import io.winnow.v1.CalibrationRecord;
import io.winnow.v1.LayerDivergence;
import io.winnow.v1.MeasuredAccuracy;
import io.winnow.v1.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What is wrong with a recipe, all at once. */
final class RecipeProblems {

  static final String FITPRUNE = "fitprune";
  static final String VTW = "vtw";
  static final String SUFFIX = ".json";

  private static final int FORMAT_VERSION = 1;
  private static final int MAX_LAYERS = 4096;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private final List<String> problems = new ArrayList<>();

  private RecipeProblems() {}

  static List<String> of(String fileName, Recipe recipe) {
    RecipeProblems found = new RecipeProblems();
    found.checkHead(fileName, recipe);
    switch (recipe.getMethod()) {
      case FITPRUNE -> found.checkFitPrune(recipe);
      case VTW -> found.checkVtw(recipe);
      default ->
          found.problems.add(
              "method is \"%s\", must be fitprune or vtw".formatted(recipe.getMethod()));
    }
    found.checkCalibration(recipe.getCalibration());
    if (recipe.hasAccuracy()) {
      found.checkAccuracy(recipe.getAccuracy());
    }
    return found.problems;
  }

  private void checkHead(String fileName, Recipe recipe) {
    require(
        recipe.getFormatVersion() == FORMAT_VERSION,
        "formatVersion is %d, must be %d",
        recipe.getFormatVersion(),
        FORMAT_VERSION);
    require(
        NAME.matcher(recipe.getName()).matches(),
        "name is \"%s\", must be 1 to 100 letters, digits or . _ -",
        recipe.getName());
    require(
        fileName.equals(recipe.getName() + SUFFIX),
        "name is \"%s\", so the file must be called so and end in %s",
        recipe.getName(),
        SUFFIX);
    require(!recipe.getModel().isEmpty(), "model is empty");
    require(
        recipe.getLayers() >= 1 && recipe.getLayers() <= MAX_LAYERS,
        "layers is %d, must be 1 to %d",
        recipe.getLayers(),
        MAX_LAYERS);
    require(
        recipe.getFlopsRatio() > 0 && recipe.getFlopsRatio() <= 1,
        "flopsRatio is %s, must be above 0 and at most 1",
        recipe.getFlopsRatio());
  }

  private void checkFitPrune(Recipe recipe) {
    long sum = recipe.getDeletedList().stream().mapToLong(Integer::longValue).sum();
    require(
        recipe.getFittedVisualTokens() >= 1,
        "fittedVisualTokens is %d, must be at least 1",
        recipe.getFittedVisualTokens());
    require(
        recipe.getDeletedCount() == recipe.getLayers(),
        "deleted has %d numbers for %d layers",
        recipe.getDeletedCount(),
        recipe.getLayers());
    require(
        recipe.getDeletedList().stream().allMatch(count -> count >= 0),
        "deleted holds a number below 0");
    require(
        sum <= recipe.getFittedVisualTokens(),
        "deleted adds up to %d of %d tokens",
        sum,
        recipe.getFittedVisualTokens());
    require(
        recipe.getVisualSavedRatio() >= 0 && recipe.getVisualSavedRatio() < 1,
        "visualSavedRatio is %s, must be at least 0 and below 1",
        recipe.getVisualSavedRatio());
    require(recipe.getWithdrawLayer() == 0, "withdrawLayer belongs to vtw");
  }

  private void checkVtw(Recipe recipe) {
    require(
        recipe.getWithdrawLayer() >= 1 && recipe.getWithdrawLayer() <= recipe.getLayers(),
        "withdrawLayer is %d, must be 1 to %d",
        recipe.getWithdrawLayer(),
        recipe.getLayers());
    require(
        recipe.getDeletedCount() == 0 && recipe.getFittedVisualTokens() == 0,
        "deleted and fittedVisualTokens belong to fitprune");
  }

  private void checkCalibration(CalibrationRecord calibration) {
    int previous = -1;
    for (LayerDivergence divergence : calibration.getDivergencesList()) {
      require(
          divergence.getLayer() > previous,
          "calibration.divergences has layer %d after layer %d",
          divergence.getLayer(),
          previous);
      require(
          divergence.getNats() >= 0 && Double.isFinite(divergence.getNats()),
          "calibration.divergences has %s nats at layer %d",
          divergence.getNats(),
          divergence.getLayer());
      previous = divergence.getLayer();
    }
  }

  private void checkAccuracy(MeasuredAccuracy accuracy) {
    require(
        accuracy.getQuestions() >= 1,
        "accuracy.questions is %d, must be at least 1",
        accuracy.getQuestions());
    require(
        isShare(accuracy.getPruned()) && isShare(accuracy.getUnpruned()),
        "accuracy is %s of %s, must be shares in 0 to 1",
        accuracy.getPruned(),
        accuracy.getUnpruned());
  }

  private static boolean isShare(double value) {
    return value >= 0 && value <= 1;
  }

  private void require(boolean condition, String problem, Object... values) {
    if (!condition) {
      problems.add(problem.formatted(values));
    }
  }
}
