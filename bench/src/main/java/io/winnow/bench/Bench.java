package io.winnow.bench;

import io.winnow.cli.Checkout;
import io.winnow.cli.results.Origin;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Entry of {@code ./winnow bench}: measures, prints and writes the results down. */
@Command(
    name = "winnow bench",
    description = "Measures this checkout on the bundled model; takes some minutes.",
    mixinStandardHelpOptions = true)
public final class Bench implements Runnable {

  /** Pairs before the clock counts: three JVMs have to compile what they run. */
  private static final int WARM_UP = 600;

  /** What can be measured. */
  enum Subject {
    BATCHING,
    MESH
  }

  @Parameters(
      arity = "0..*",
      paramLabel = "SUBJECT",
      description = "What to measure: ${COMPLETION-CANDIDATES}. Default: everything.")
  private List<Subject> subjects = List.of(Subject.values());

  @Option(
      names = "--models",
      paramLabel = "REPO",
      description = "Model repository. Default: the bundled model.")
  private @Nullable Path models;

  @Option(
      names = "--pairs",
      defaultValue = "100",
      description = "Pairs of first tokens, through the mesh and direct (default: 100).")
  private int pairs;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Folder for the results. Default: bench/results of this checkout.")
  private Path out = root().resolve("bench/results");

  private Bench() {}

  public static void main(String... args) {
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public void run() {
    try {
      Path repository =
          new Checkout(root())
              .models(models, new PrintWriter(System.err, true, StandardCharsets.UTF_8));
      if (subjects.contains(Subject.BATCHING)) {
        String table = new Batching(root(), repository, 15).run();
        write("batching.md", "Continuous batching", table);
      }
      if (subjects.contains(Subject.MESH)) {
        MeshOverhead overhead = new MeshOverhead(root(), repository, WARM_UP, pairs);
        String tables = overhead.run(root().resolve(".winnow/logs/bench"));
        write(
            "mesh-overhead.md",
            "First token through the mesh against the runtime called directly",
            tables + "\n" + pairs + " pairs\n");
      }
    } catch (Exception e) {
      throw new CommandLine.ExecutionException(new CommandLine(this), e.toString(), e);
    }
  }

  private void write(String file, String title, String body) throws IOException {
    String text = "# %s%n%n%s%n```%n%s```%n".formatted(title, body, Origin.of(root()));
    System.out.println(text);
    Files.createDirectories(out);
    Files.writeString(out.resolve(file), text);
  }

  private static Path root() {
    return Path.of(System.getProperty("winnow.root", "."));
  }
}
