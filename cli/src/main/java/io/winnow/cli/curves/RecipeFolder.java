package io.winnow.cli.curves;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.winnow.cli.evaluate.Accuracy;
import io.winnow.v1.MeasuredAccuracy;
import io.winnow.v1.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A folder of recipes, one JSON file each, as pruner-svc watches it. */
final class RecipeFolder {

  private final Path folder;

  RecipeFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * All recipes by file; empty if there is no such folder.
   *
   * @throws IOException if a file is no recipe
   */
  Map<Path, Recipe> read() throws IOException {
    Map<Path, Recipe> recipes = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      return recipes;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
        Recipe.Builder recipe = Recipe.newBuilder();
        try {
          JsonFormat.parser().ignoringUnknownFields().merge(Files.readString(file), recipe);
        } catch (InvalidProtocolBufferException e) {
          throw new IOException(file + " is no recipe: " + e.getMessage(), e);
        }
        recipes.put(file, recipe.build());
      }
    }
    return recipes;
  }

  /**
   * Writes what was measured into the recipes that it was measured with.
   *
   * @return number of recipes that were written
   */
  int store(Curves curves) throws IOException {
    String model = curves.none().evaluation().asked().get(0).answer().model();
    int written = 0;
    for (Map.Entry<Path, Recipe> entry : read().entrySet()) {
      Recipe recipe = entry.getValue();
      for (CurvePoint point : curves.points()) {
        if (recipe.getModel().equals(model) && follows(point.setting(), recipe)) {
          write(entry.getKey(), recipe.toBuilder().setAccuracy(measured(point, curves)).build());
          written++;
        }
      }
    }
    return written;
  }

  private static boolean follows(Setting setting, Recipe recipe) {
    if (recipe.getMethod().equals(Setting.VTW)) {
      return setting.equals(Setting.vtw(recipe.getWithdrawLayer()));
    }
    return setting.recipe().filter(recipe.getName()::equals).isPresent();
  }

  private static MeasuredAccuracy measured(CurvePoint point, Curves curves) {
    Accuracy pruned = point.evaluation().all();
    return MeasuredAccuracy.newBuilder()
        .setQuestions(pruned.asked())
        .setPruned(pruned.share())
        .setUnpruned(curves.none().evaluation().all().share())
        .build();
  }

  /** In one step, since pruner-svc may be reading. */
  private static void write(Path file, Recipe recipe) throws IOException {
    Path written = file.resolveSibling(file.getFileName() + ".tmp");
    Files.writeString(written, JsonFormat.printer().print(recipe) + "\n");
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
