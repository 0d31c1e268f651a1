package io.winnow.pruner.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.pruner.planning.PruneRecipe;
import io.winnow.v1.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeStoreTest {

  @TempDir private Path folder;

  @Test
  void whatIsPutIsInForceAtTheNextLook() throws Exception {
    Path recipes = folder.resolve("new");
    RecipeFolder watched = new RecipeFolder(recipes);
    watched.refresh();
    assertThat(watched.book().recipes()).isEmpty();
    RecipeStore store = new RecipeStore(Optional.of(recipes));

    assertThat(store.put(recipe("a", 3))).contains(recipes.resolve("a.json"));
    assertThat(store.put(recipe("b", 5))).isPresent();
    assertThat(store.put(recipe("a", 6))).isPresent();
    watched.refresh();

    List<PruneRecipe> found = watched.book().recipes();
    assertThat(found).extracting(PruneRecipe::name).containsExactlyInAnyOrder("a", "b");
    assertThat(found)
        .anySatisfy(
            recipe -> {
              assertThat(recipe.name()).isEqualTo("a");
              assertThat(((PruneRecipe.VtwRecipe) recipe).withdrawLayer()).isEqualTo(6);
            });
    try (Stream<Path> files = Files.list(recipes)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void refusesANameThatIsNoFile() {
    RecipeStore store = new RecipeStore(Optional.of(folder));

    assertThatThrownBy(() -> store.put(recipe("../a", 3))).isInstanceOf(BadRecipeException.class);
    assertThat(folder.resolveSibling("a.json")).doesNotExist();
  }

  @Test
  void storesNowhereWhereThereIsNoPlace() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(new RecipeStore(Optional.empty()).put(recipe("a", 3))).isEmpty();
    assertThat(new RecipeStore(Optional.of(file)).put(recipe("a", 3))).isEmpty();
  }

  private static Recipe recipe(String name, int withdrawLayer) {
    return Recipe.newBuilder()
        .setFormatVersion(1)
        .setName(name)
        .setMethod("vtw")
        .setModel("demo")
        .setLayers(8)
        .setFlopsRatio(0.5)
        .setWithdrawLayer(withdrawLayer)
        .build();
  }
}
