package io.winnow.pruner.recipes;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.winnow.pruner.planning.PruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.v1.LayerDivergence;
import io.winnow.v1.MeasuredAccuracy;
import io.winnow.v1.Recipe;
import java.util.List;
import java.util.OptionalDouble;

/** Reads recipes: winnow.v1.Recipe as JSON. What is not wholly right is refused, by name. */
public final class RecipeReader {

  private RecipeReader() {}

  /**
   * Reads one file's text.
   *
   * @param fileName for the name that the recipe must have
   * @throws BadRecipeException with everything that is wrong
   */
  public static PruneRecipe read(String fileName, String json) throws BadRecipeException {
    Recipe.Builder recipe = Recipe.newBuilder();
    try {
      JsonFormat.parser().merge(json, recipe);
    } catch (InvalidProtocolBufferException e) {
      throw new BadRecipeException(List.of("not a recipe in JSON: " + e.getMessage()));
    }
    return read(fileName, recipe.build());
  }

  /** Checks a recipe that is to stand in a file of this name. */
  public static PruneRecipe read(String fileName, Recipe recipe) throws BadRecipeException {
    List<String> problems = RecipeProblems.of(fileName, recipe);
    if (!problems.isEmpty()) {
      throw new BadRecipeException(problems);
    }
    if (recipe.getMethod().equals(RecipeProblems.VTW)) {
      return new VtwRecipe(
          recipe.getName(),
          recipe.getModel(),
          recipe.getLayers(),
          recipe.getFlopsRatio(),
          recipe.getWithdrawLayer(),
          vtwAccuracy(recipe));
    }
    return new FitPruneRecipe(
        recipe.getName(),
        recipe.getModel(),
        recipe.getFlopsRatio(),
        recipe.getFittedVisualTokens(),
        recipe.getDeletedList().stream().mapToInt(Integer::intValue).toArray(),
        measuredAccuracy(recipe));
  }

  private static OptionalDouble measuredAccuracy(Recipe recipe) {
    MeasuredAccuracy accuracy = recipe.getAccuracy();
    return recipe.hasAccuracy() && accuracy.getUnpruned() > 0
        ? OptionalDouble.of(accuracy.getPruned() / accuracy.getUnpruned())
        : OptionalDouble.empty();
  }

  /**
   * What was measured; else what the divergence guarantees. By Pinsker's inequality at most sqrt(KL
   * / 2) of the probability moves to other tokens.
   */
  private static OptionalDouble vtwAccuracy(Recipe recipe) {
    OptionalDouble measured = measuredAccuracy(recipe);
    if (measured.isPresent()) {
      return measured;
    }
    if (recipe.getWithdrawLayer() == recipe.getLayers()) {
      return OptionalDouble.of(1);
    }
    return recipe.getCalibration().getDivergencesList().stream()
        .filter(divergence -> divergence.getLayer() == recipe.getWithdrawLayer())
        .mapToDouble(LayerDivergence::getNats)
        .map(nats -> Math.max(0, 1 - Math.sqrt(nats / 2)))
        .findFirst();
  }
}
