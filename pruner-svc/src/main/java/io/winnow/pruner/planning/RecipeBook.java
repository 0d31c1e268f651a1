package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Every recipe in force at one moment. Immutable. */
public record RecipeBook(List<PruneRecipe> recipes) {

  private static final int MAX_NAMED = 12;

  /** Least pruning first; ties by name, so that choices do not depend on a folder's order. */
  public RecipeBook(List<PruneRecipe> recipes) {
    this.recipes =
        recipes.stream()
            .sorted(
                Comparator.comparingDouble(PruneRecipe::flopsRatio)
                    .reversed()
                    .thenComparing(PruneRecipe::name))
            .toList();
  }

  /** A book without recipes. */
  public static RecipeBook empty() {
    return new RecipeBook(List.of());
  }

  /** FitPrune's recipes for the request's model, least pruning first. */
  List<FitPruneRecipe> fitPrune(PlanRequest request) {
    return recipes.stream()
        .filter(recipe -> serves(recipe, request))
        .filter(FitPruneRecipe.class::isInstance)
        .map(FitPruneRecipe.class::cast)
        .toList();
  }

  /** VTW's recipes for the request's model, least pruning first. */
  List<VtwRecipe> vtw(PlanRequest request) {
    return recipes.stream()
        .filter(recipe -> serves(recipe, request))
        .filter(VtwRecipe.class::isInstance)
        .map(VtwRecipe.class::cast)
        .toList();
  }

  /** Which recipes exist for the request's model, for messages. */
  String existingFor(PlanRequest request) {
    List<PruneRecipe> ofModel =
        recipes.stream().filter(recipe -> recipe.model().equals(request.model())).toList();
    if (ofModel.isEmpty()) {
      return "there is none of any method for this model";
    }
    return "there are: "
        + listed(
            ofModel.stream()
                .map(recipe -> recipe.name() + depthNote(recipe, request))
                .collect(Collectors.toList()));
  }

  /** A list for messages, cut where it gets long. */
  static String listed(Collection<String> items) {
    String shown = items.stream().limit(MAX_NAMED).collect(Collectors.joining(", "));
    return items.size() <= MAX_NAMED
        ? shown
        : shown + " and " + (items.size() - MAX_NAMED) + " more";
  }

  private static boolean serves(PruneRecipe recipe, PlanRequest request) {
    return recipe.model().equals(request.model()) && recipe.layers() == request.decoder().layers();
  }

  private static String depthNote(PruneRecipe recipe, PlanRequest request) {
    return recipe.layers() == request.decoder().layers()
        ? ""
        : " (for %d layers, not %d)".formatted(recipe.layers(), request.decoder().layers());
  }
}
