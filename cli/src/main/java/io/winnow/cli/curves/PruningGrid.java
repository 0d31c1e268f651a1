package io.winnow.cli.curves;

import io.winnow.v1.Recipe;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Which methods and budgets are compared. */
final class PruningGrid {

  /** Layers that FastV and its random baseline drop at: before and after attention finds things. */
  private static final List<Integer> DROP_LAYERS = List.of(2, 4);

  private static final List<Double> KEPT = List.of(0.75, 0.5, 0.25, 0.1);

  /** Probabilities of "exit" above which DyVTE lets go; 0.5 is the paper's argmax. */
  static final List<Double> EXITS = List.of(0.95, 0.9, 0.75, 0.5, 0.25);

  /** A threshold at which the exit alone costs little, so that the rest is the other method's. */
  private static final double COMBINED_EXIT = 0.9;

  private static final List<Double> COMBINED_KEPT = List.of(0.75, 0.5);

  private PruningGrid() {}

  /**
   * All settings, the unpruned one first, least pruning first within a curve.
   *
   * @param layers decoder layers of the model
   * @param recipes those of the model
   */
  static List<Setting> of(int layers, List<Recipe> recipes) {
    List<Setting> grid = new ArrayList<>();
    grid.add(Setting.none());
    List<Recipe> fitPrune =
        recipes.stream()
            .filter(recipe -> recipe.getMethod().equals(Setting.FITPRUNE))
            .sorted(Comparator.comparingDouble(Recipe::getFlopsRatio).reversed())
            .toList();
    fitPrune.forEach(
        recipe -> grid.add(Setting.fitPrune(recipe.getName(), recipe.getFlopsRatio())));
    for (int layer = layers - 1; layer >= 1; layer--) {
      grid.add(Setting.vtw(layer));
    }
    EXITS.forEach(threshold -> grid.add(Setting.dyvte(threshold, true)));
    EXITS.forEach(threshold -> grid.add(Setting.dyvte(threshold, false)));
    fitPrune.forEach(
        recipe ->
            grid.add(
                Setting.dyvteWithFitPrune(
                    recipe.getName(), recipe.getFlopsRatio(), COMBINED_EXIT)));
    for (int layer : DROP_LAYERS) {
      if (layer < layers) {
        COMBINED_KEPT.forEach(
            kept -> grid.add(Setting.dyvteWithFastV(layer, layers, kept, COMBINED_EXIT)));
      }
    }
    for (String method : List.of("fastv", "random")) {
      for (int layer : DROP_LAYERS) {
        if (layer < layers) {
          KEPT.forEach(kept -> grid.add(Setting.drop(method, layer, layers, kept)));
        }
      }
    }
    KEPT.forEach(kept -> grid.add(Setting.select("visionzip", kept)));
    return grid;
  }
}
