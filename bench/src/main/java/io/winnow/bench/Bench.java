package io.winnow.bench;

import io.winnow.cli.Checkout;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Entry of {@code ./winnow bench}: measures, prints and writes the results down. */
@Command(
    name = "winnow bench",
    description = "Measures this checkout on the bundled model; takes some minutes.",
    mixinStandardHelpOptions = true)
public final class Bench implements Runnable {

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
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  @Override
  public void run() {
    try {
      Path repository =
          new Checkout(root())
              .models(models, new PrintWriter(System.err, true, StandardCharsets.UTF_8));
      String batching = new Batching(root(), repository, 15).run();
      write("batching.md", "Continuous batching", batching);
      PairedTimes overhead =
          new MeshOverhead(root(), repository, 40, pairs).run(root().resolve(".winnow/logs/bench"));
      write(
          "mesh-overhead.md",
          "First token through the mesh against the runtime called directly",
          overhead.table("direct", "through the mesh") + "\n" + overhead.size() + " pairs\n");
    } catch (Exception e) {
      throw new CommandLine.ExecutionException(new CommandLine(this), e.toString(), e);
    }
  }

  private void write(String file, String title, String body) throws IOException {
    String text = "# %s%n%n%s%n```%n%s```%n".formatted(title, body, Report.origin(root()));
    System.out.println(text);
    Files.createDirectories(out);
    Files.writeString(out.resolve(file), text);
  }

  private static Path root() {
    return Path.of(System.getProperty("winnow.root", "."));
  }
}
