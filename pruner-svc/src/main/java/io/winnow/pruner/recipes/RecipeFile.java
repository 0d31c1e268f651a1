package io.winnow.pruner.recipes;

import io.winnow.pruner.planning.PruneRecipe;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** One file as it was last read. Immutable; a file that has not changed stays the same object. */
final class RecipeFile {

  static final int MAX_BYTES = 256 * 1024;

  private static final Logger log = System.getLogger(RecipeFile.class.getName());

  private final Optional<byte[]> content; // empty if it could not be read
  private final Optional<PruneRecipe> recipe;
  private final boolean bad;

  private RecipeFile(Optional<byte[]> content, Optional<PruneRecipe> recipe, boolean bad) {
    this.content = content;
    this.recipe = recipe;
    this.bad = bad;
  }

  /** Whether the file as it stands cannot be used. */
  boolean bad() {
    return bad;
  }

  /** The last good version; empty if there was none. */
  Optional<PruneRecipe> recipe() {
    return recipe;
  }

  static RecipeFile first(Path path) {
    Optional<byte[]> read = contentOf(path);
    Optional<PruneRecipe> parsed = parsed(path, read);
    return new RecipeFile(read, parsed, parsed.isEmpty());
  }

  /** The same file now. */
  RecipeFile next(Path path) {
    Optional<byte[]> read = contentOf(path);
    boolean same =
        read.isPresent() && content.isPresent()
            ? Arrays.equals(read.get(), content.get())
            : read.isEmpty() && content.isEmpty();
    if (same) {
      return this;
    }
    Optional<PruneRecipe> parsed = parsed(path, read);
    return new RecipeFile(read, parsed.or(() -> recipe), parsed.isEmpty());
  }

  private static Optional<byte[]> contentOf(Path path) {
    try (InputStream stream = Files.newInputStream(path)) {
      return Optional.of(stream.readNBytes(MAX_BYTES + 1));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<PruneRecipe> parsed(Path path, Optional<byte[]> read) {
    if (read.isEmpty()) {
      return bad(path, "it cannot be read");
    }
    if (read.get().length > MAX_BYTES) {
      return bad(path, "it has more than %d bytes".formatted(MAX_BYTES));
    }
    try {
      return Optional.of(
          RecipeReader.read(
              String.valueOf(path.getFileName()), new String(read.get(), StandardCharsets.UTF_8)));
    } catch (BadRecipeException e) {
      return bad(path, String.valueOf(e.getMessage()));
    }
  }

  private static Optional<PruneRecipe> bad(Path path, String problem) {
    log.log(
        Level.WARNING,
        "the recipe {0} cannot be used, an earlier version stays in force if there was one: {1}",
        path,
        problem);
    return Optional.empty();
  }
}
