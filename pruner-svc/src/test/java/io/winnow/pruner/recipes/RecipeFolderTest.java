package io.winnow.pruner.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.PruneRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeFolderTest {

  private static final String VTW =
      """
      {"formatVersion": 1, "name": "%s", "method": "vtw", "model": "demo", "layers": 8,
       "flopsRatio": %s, "withdrawLayer": 4}
      """;

  @TempDir private Path temp;

  @Test
  void takesUpFilesAsTheyComeChangeAndGo() throws IOException {
    RecipeFolder folder = new RecipeFolder(temp);
    folder.refresh();
    assertThat(folder.book().recipes()).isEmpty();

    write("a", 0.5);
    write("b", 0.4);
    folder.refresh();
    assertThat(names(folder)).containsExactly("a", "b");

    write("b", 0.6);
    folder.refresh();
    assertThat(names(folder)).containsExactly("b", "a");

    Files.delete(temp.resolve("a.json"));
    folder.refresh();
    assertThat(names(folder)).containsExactly("b");
    assertThat(folder.problems()).isZero();
  }

  @Test
  void seesAChangeThatLeavesTimeAndLengthAlone() throws IOException {
    RecipeFolder folder = new RecipeFolder(temp);
    write("a", 0.5);
    FileTime time = Files.getLastModifiedTime(temp.resolve("a.json"));
    folder.refresh();

    write("a", 0.6);
    Files.setLastModifiedTime(temp.resolve("a.json"), time);
    folder.refresh();

    assertThat(folder.book().recipes()).singleElement().satisfies(RecipeFolderTest::costs06);
  }

  @Test
  void aBadFileLeavesItsLastGoodVersionAndTheOthersInForce() throws IOException {
    RecipeFolder folder = new RecipeFolder(temp);
    write("a", 0.5);
    write("b", 0.4);
    Files.writeString(temp.resolve("c.json"), "{}");
    folder.refresh();
    assertThat(names(folder)).containsExactly("a", "b");
    assertThat(folder.problems()).isEqualTo(1);

    Files.writeString(temp.resolve("a.json"), "{ half a recip");
    write("b", 0.6);
    folder.refresh();
    assertThat(names(folder)).containsExactly("b", "a");
    assertThat(folder.problems()).isEqualTo(2);

    write("a", 0.7);
    folder.refresh();
    assertThat(names(folder)).containsExactly("a", "b");
    assertThat(folder.problems()).isEqualTo(1);
  }

  @Test
  void nothingChangesWhileNothingChanges() throws IOException {
    RecipeFolder folder = new RecipeFolder(temp);
    write("a", 0.5);
    Files.writeString(temp.resolve("bad.json"), "{}");
    folder.refresh();
    Object book = folder.book();

    folder.refresh();

    assertThat(folder.book()).isSameAs(book);
  }

  @Test
  void noticesThatKubernetesSwapsAConfigMap() throws IOException {
    Path old = Files.createDirectory(temp.resolve("..2026_1"));
    Path fresh = Files.createDirectory(temp.resolve("..2026_2"));
    Files.writeString(old.resolve("a.json"), VTW.formatted("a", 0.5));
    Files.writeString(fresh.resolve("a.json"), VTW.formatted("a", 0.6));
    Path data = Files.createSymbolicLink(temp.resolve("..data"), old.getFileName());
    Files.createSymbolicLink(temp.resolve("a.json"), Path.of("..data/a.json"));
    RecipeFolder folder = new RecipeFolder(temp);
    folder.refresh();
    assertThat(names(folder)).containsExactly("a");

    Path link = Files.createSymbolicLink(temp.resolve("..data_tmp"), fresh.getFileName());
    Files.move(link, data, StandardCopyOption.ATOMIC_MOVE);
    folder.refresh();

    assertThat(folder.book().recipes()).singleElement().satisfies(RecipeFolderTest::costs06);
  }

  @Test
  void aFolderThatIsNotThereYetIsEmptyUntilItComes() throws IOException {
    Path later = temp.resolve("later");
    RecipeFolder folder = new RecipeFolder(later);
    folder.refresh();
    assertThat(folder.book().recipes()).isEmpty();

    Files.createDirectory(later);
    Files.writeString(later.resolve("a.json"), VTW.formatted("a", 0.5));
    folder.refresh();

    assertThat(names(folder)).containsExactly("a");
  }

  @Test
  void leavesOutWhatIsTooLongOrNoRecipeFile() throws IOException {
    write("a", 0.5);
    Files.writeString(temp.resolve("README.md"), "no recipe");
    Files.writeString(temp.resolve(".hidden.json"), VTW.formatted(".hidden", 0.5));
    Files.writeString(
        temp.resolve("long.json"), VTW.formatted("long", 0.5) + " ".repeat(RecipeFile.MAX_BYTES));
    Files.createDirectory(temp.resolve("folder.json"));
    RecipeFolder folder = new RecipeFolder(temp);
    folder.refresh();

    assertThat(names(folder)).containsExactly("a");
  }

  @Test
  void hasABoundOnTheNumberOfFiles() throws IOException {
    for (int i = 0; i <= RecipeFolder.MAX_FILES; i++) {
      write("r" + (1000 + i), 0.5);
    }
    RecipeFolder folder = new RecipeFolder(temp);
    folder.refresh();

    assertThat(names(folder)).hasSize(RecipeFolder.MAX_FILES).doesNotContain("r1256");
  }

  private void write(String name, double ratio) throws IOException {
    Files.writeString(temp.resolve(name + ".json"), VTW.formatted(name, ratio));
  }

  private static List<String> names(RecipeFolder folder) {
    return folder.book().recipes().stream().map(PruneRecipe::name).toList();
  }

  private static void costs06(PruneRecipe recipe) {
    assertThat(recipe.flopsRatio()).isEqualTo(0.6);
  }
}
