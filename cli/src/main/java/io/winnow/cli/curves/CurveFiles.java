package io.winnow.cli.curves;

import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.Questioner;
import io.winnow.cli.results.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures the curves and writes them down.
 *
 * @param root checkout that the results come from
 * @param out folder for table and plot; created if it is missing
 * @param recipes folder of recipes
 * @param rounds timed rounds, at least 1
 * @param store whether what was found goes into the recipes
 */
public record CurveFiles(Path root, Path out, Path recipes, int rounds, boolean store) {

  private static final String TABLE = "pruning-curves.md";
  private static final String PLOT = "pruning-curves.svg";
  private static final String EXITS = "exits.md";

  /**
   * Measures, writes and gives the table.
   *
   * @param command how it was called, for the record
   * @param progress takes a line at each step
   */
  public String write(
      Questioner questioner,
      List<KnownQuestion> questions,
      String command,
      Consumer<String> progress)
      throws IOException {
    RecipeFolder folder = new RecipeFolder(recipes);
    CurveRun run = new CurveRun(questioner, questions, rounds, progress);
    Curves curves = run.run(List.copyOf(folder.read().values()));
    String table = CurveTable.of(curves);
    Files.createDirectories(out);
    String origin = "```\n%s%s\n```\n".formatted(Origin.of(root), command);
    Files.writeString(
        out.resolve(TABLE),
        """
        # Accuracy under pruning

        ![Accuracy against FLOPs and prefill time, by method and type of question](%s)

        %s
        %s"""
            .formatted(PLOT, table, origin));
    Files.writeString(out.resolve(PLOT), CurvePlot.of(curves));
    progress.accept("wrote " + out.resolve(TABLE) + " and " + PLOT);
    Optional<String> exits = ExitTable.of(curves);
    if (exits.isPresent()) {
      Files.writeString(out.resolve(EXITS), exits.get() + "\n" + origin);
      progress.accept("wrote " + out.resolve(EXITS));
    }
    if (store) {
      progress.accept("stored the accuracy in %d recipes".formatted(folder.store(curves)));
    }
    return table;
  }
}
