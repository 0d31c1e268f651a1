package io.winnow.cli;

import io.winnow.cli.curves.CurveFiles;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.Questioner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code evaluate} that ask for curves instead of one number. */
final class CurveOptions {

  /** 30 questions of each type: some 50 settings in about ten minutes on two cores. */
  static final int DEFAULT_LIMIT = 360;

  private static final int DEFAULT_ROUNDS = 15;

  @Option(
      names = "--curves",
      required = true,
      description = {
        "Ask the questions (default: 360 of them) at every setting of every method, and write",
        "pruning-curves.md and pruning-curves.svg."
      })
  private boolean curves;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Timed rounds behind each prefill time (default: " + DEFAULT_ROUNDS + ").")
  private int rounds = DEFAULT_ROUNDS;

  @Option(names = "--store", description = "Write the accuracies into the recipes.")
  private boolean store;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Folder for the results. Default: bench/results of this checkout.")
  private @Nullable Path out;

  void check(CommandLine command) {
    if (!curves || rounds < 1) {
      throw new ParameterException(command, "--rounds is " + rounds + ", must be at least 1");
    }
  }

  /** Where things are read and written, with the recipes that the services follow. */
  CurveFiles files(Checkout checkout, Path recipes) {
    return new CurveFiles(
        checkout.root(),
        out == null ? checkout.root().resolve("bench/results") : out,
        recipes,
        rounds,
        store);
  }

  /** Measures and gives the table. */
  String write(
      CurveFiles files,
      Questioner questioner,
      List<KnownQuestion> questions,
      Consumer<String> progress)
      throws IOException {
    String command = "./winnow evaluate --curves --limit %d --rounds %d";
    return files.write(
        questioner, questions, command.formatted(questions.size(), rounds), progress);
  }
}
