package io.winnow.cli.calibrate;

import io.winnow.v1.CalibrationRecord;
import io.winnow.v1.LayerDivergence;
import io.winnow.v1.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a recipe is, in a few lines for a person. */
public final class RecipeSummary {

  private RecipeSummary() {}

  /** Lines that end in a newline each. */
  public static String of(Recipe recipe) {
    CalibrationRecord found = recipe.getCalibration();
    List<String> lines = new ArrayList<>();
    lines.add("recipe          " + recipe.getName());
    lines.add(
        format(
            "found on        %d prompts, %.1f text and %.1f visual tokens in the mean",
            found.getSamples(), found.getTextTokens(), found.getVisualTokens()));
    if (recipe.getMethod().equals("fitprune")) {
      lines.add(
          format(
              "flops ratio     %.4g; saves %.1f %% of the visual tokens' MACs",
              recipe.getFlopsRatio(), 100 * recipe.getVisualSavedRatio()));
      lines.add(format("alpha           %.4g", found.getAlpha()));
      lines.add("deleted         " + numbers(recipe.getDeletedList()));
      lines.add("entering        " + numbers(entering(recipe)));
    } else {
      lines.add(withdrawal(recipe));
      lines.add(format("flops ratio     %.4g at the mean prompt", recipe.getFlopsRatio()));
      lines.add(
          format(
              "divergence      threshold %.4g nats over %d answer tokens",
              found.getThreshold(), found.getAnswerTokens()));
      for (LayerDivergence layer : found.getDivergencesList()) {
        lines.add(format("  layer %-3d     %.6f", layer.getLayer(), layer.getNats()));
      }
    }
    return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
  }

  private static String withdrawal(Recipe recipe) {
    return recipe.getWithdrawLayer() == recipe.getLayers()
        ? "withdrawal      never: no layer is below the threshold"
        : "withdrawal      before layer " + recipe.getWithdrawLayer();
  }

  private static List<Integer> entering(Recipe recipe) {
    List<Integer> entering = new ArrayList<>();
    int alive = recipe.getFittedVisualTokens();
    for (int deleted : recipe.getDeletedList()) {
      entering.add(alive);
      alive -= deleted;
    }
    return entering;
  }

  private static String numbers(List<Integer> values) {
    return values.stream().map(value -> format("%4d", value)).collect(Collectors.joining(" "));
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
