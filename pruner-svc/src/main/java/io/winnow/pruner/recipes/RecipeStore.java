package io.winnow.pruner.recipes;

import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.Recipe;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Puts found recipes where they are read from, if there is such a place. */
public final class RecipeStore {

  private static final Logger log = System.getLogger(RecipeStore.class.getName());

  private final Optional<Path> folder;

  public RecipeStore(Optional<Path> folder) {
    this.folder = folder;
  }

  /**
   * Writes the recipe's file, whole or not at all, over an earlier one of its name.
   *
   * @return the file; empty if there is no folder or it cannot be written to
   * @throws BadRecipeException if it is no recipe that could be read again
   */
  public Optional<Path> put(Recipe recipe) throws BadRecipeException {
    String name = recipe.getName() + RecipeProblems.SUFFIX;
    var unused = RecipeReader.read(name, recipe); // its name is a file's, so it is checked first
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Path file = folder.get().resolve(name);
    try {
      Files.createDirectories(folder.get());
      Path written = Files.createTempFile(folder.get(), ".recipe", ".tmp");
      try {
        Files.writeString(written, JsonFormat.printer().print(recipe) + "\n");
        Files.move(
            written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(written);
      }
      return Optional.of(file);
    } catch (IOException e) {
      log.log(Level.WARNING, "the recipe {0} cannot be stored: {1}", file, e);
      return Optional.empty();
    }
  }
}
