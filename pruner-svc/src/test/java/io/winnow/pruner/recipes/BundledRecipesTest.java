package io.winnow.pruner.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PrefillMacs;
import io.winnow.pruner.planning.PruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The recipes in the repository, as the launcher hands them to the pruner. */
class BundledRecipesTest {

  private static final Path FOLDER = Path.of("../demo-model/recipes");
  private static final PrefillMacs MACS = new PrefillMacs(new DecoderDimensions(8, 128, 352));

  /** Tokens of the calibration's mean prompt, rounded down. */
  private static final int TEXT_TOKENS = 11;

  @Test
  void allAreInForceForTheBundledModel() throws IOException {
    RecipeFolder folder = new RecipeFolder(FOLDER);
    folder.refresh();

    assertThat(folder.book().recipes())
        .hasSize(files().size())
        .allSatisfy(
            recipe -> {
              assertThat(recipe.model()).isEqualTo("demo");
              assertThat(recipe.layers()).isEqualTo(8);
            });
    assertThat(folder.book().recipes().stream().filter(FitPruneRecipe.class::isInstance))
        .hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void fitPruneLeavesNoMoreThanItsRatioAtTheLengthsOfItsCalibration() throws Exception {
    for (Path file : files()) {
      PruneRecipe read =
          RecipeReader.read(String.valueOf(file.getFileName()), Files.readString(file));
      if (read instanceof FitPruneRecipe recipe) {
        assertThat(MACS.remainingShare(TEXT_TOKENS, 576, entering(recipe)))
            .as(recipe.name())
            .isBetween(recipe.flopsRatio() - 0.1, recipe.flopsRatio());
      }
    }
  }

  private static int[] entering(FitPruneRecipe recipe) {
    int[] entering = new int[recipe.layers()];
    int alive = recipe.fittedVisualTokens();
    for (int layer = 0; layer < entering.length; layer++) {
      entering[layer] = alive;
      alive -= recipe.deleted()[layer];
    }
    return entering;
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER)) {
      return all.filter(path -> path.toString().endsWith(RecipeProblems.SUFFIX)).toList();
    }
  }
}
