package io.winnow.bench;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./winnow bench footprint}. */
@Command(
    name = "footprint",
    description = {
      "Memory and time of a model's export and of its answers, each in processes of its own.",
      "The model is random, of a real one's shape, unless --checkpoint names another; its files and"
          + " what is exported from it are deleted afterwards."
    },
    mixinStandardHelpOptions = true)
final class FootprintCommand implements Callable<Integer> {

  private static final long SEED = 7;

  private static final String NOTE =
      """
      MiB of processes are the peak of their resident memory (VmHWM); graphs are all files of the export. The answer is the
      second one, to another picture than the first.
      """;

  /** Shapes to measure. */
  enum Size {
    HALF_BILLION(RandomLlava.Shape.HALF_BILLION),
    SEVEN_BILLION(RandomLlava.Shape.SEVEN_BILLION);

    private final RandomLlava.Shape shape;

    Size(RandomLlava.Shape shape) {
      this.shape = shape;
    }
  }

  @Option(
      names = "--shape",
      defaultValue = "HALF_BILLION",
      description = "Shape of the random model: ${COMPLETION-CANDIDATES} (default: HALF_BILLION).")
  private Size size = Size.HALF_BILLION;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "Measure this checkpoint instead; it stays.")
  private @Nullable Path checkpoint;

  @Option(
      names = "--weights",
      split = ",",
      defaultValue = "fp32,int8,int4",
      description = "Precisions, separated by commas (default: fp32,int8,int4).")
  private List<String> weights = List.of();

  @Option(names = "--tokens", defaultValue = "16", description = "Longest answer (default: 16).")
  private int tokens;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      description = "Folder for the model and its exports. Default: .winnow/footprint.")
  private Path work = root().resolve(".winnow/footprint");

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Folder for the result. Default: bench/results of this checkout.")
  private Path out = root().resolve("bench/results");

  @Override
  public Integer call() throws Exception {
    PrintWriter progress = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Path folder = work.toAbsolutePath();
    Path model = checkpoint != null ? checkpoint.toAbsolutePath() : folder.resolve("checkpoint");
    if (checkpoint == null) {
      Footprint.delete(model);
      progress.println("footprint: writing a random checkpoint");
      RandomLlava.write(model, root().resolve("demo-model/checkpoint"), size.shape, SEED);
    }
    String table = new Footprint(root(), folder, tokens, progress).run(model, weights);
    if (checkpoint == null) {
      Footprint.delete(model);
    }
    String command = "./winnow bench footprint, weights " + String.join(", ", weights) + "\n";
    String file = "footprint-" + name() + ".md";
    System.out.println(
        new ResultFiles(root(), out)
            .write(file, "Memory and time of a model: " + name(), table + "\n" + NOTE, command));
    return 0;
  }

  private String name() {
    return checkpoint != null
        ? String.valueOf(checkpoint.getFileName())
        : size.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Path root() {
    return Path.of(System.getProperty("winnow.root", ".")).toAbsolutePath().normalize();
  }
}
