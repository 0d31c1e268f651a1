package io.winnow.bench;

import io.winnow.cli.Checkout;
import io.winnow.runtime.RepositoryModel;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Entry of {@code ./winnow bench}: measures, prints and writes the results down. */
@Command(
    name = "winnow bench",
    description = {
      "Measures this checkout: the bundled model and one with random weights, which is made and",
      "kept under .winnow/bench. Needs a quiet machine and some minutes for each subject."
    },
    subcommands = {FootprintCommand.class, TritonClientCommand.class},
    mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {

  /** Pairs before the clock counts: three JVMs have to compile what they run. */
  private static final int WARM_UP = 600;

  /** What can be measured. */
  enum Subject {
    BATCHING,
    MESH,
    DIRECT,
    PRECISION,
    PRUNING,
    DECISION,
    VERDICTS,
    TRITON,
    TRACE,
    PEERS
  }

  @Parameters(
      arity = "0..*",
      paramLabel = "SUBJECT",
      description = "What to measure: ${COMPLETION-CANDIDATES}. Default: everything.")
  private List<Subject> subjects = List.of(Subject.values());

  @Option(
      names = "--models",
      paramLabel = "REPO",
      description = "Model repository for batching, mesh and decision. Default: the bundled model.")
  private @Nullable Path models;

  @Option(
      names = "--shape",
      defaultValue = "half",
      description = "Random model: ${COMPLETION-CANDIDATES} (default: half, 0.5 B parameters).")
  private RandomShape shape = RandomShape.HALF;

  @Option(
      names = "--weights",
      split = ",",
      defaultValue = "fp32,int8,int4",
      description = "Precisions of the random model (default: ${DEFAULT-VALUE}).")
  private List<String> weights = List.of();

  @Option(
      names = "--pairs",
      defaultValue = "100",
      description = "Pairs of first tokens, through the mesh and direct (default: 100).")
  private int pairs;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Interleaved rounds of the other subjects (default: 5).")
  private int rounds;

  @Option(
      names = "--peer-python",
      paramLabel = "FILE",
      description =
          "Python with bench/peers/requirements.txt. Default: bench/peers/.venv/bin/python.")
  private @Nullable Path peerPython;

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
  public Integer call() throws Exception {
    for (Subject subject : subjects) {
      say("measuring " + subject.name().toLowerCase(Locale.ROOT));
      measure(subject);
    }
    return 0;
  }

  private void measure(Subject subject) throws Exception {
    switch (subject) {
      case BATCHING ->
          write(
              subject,
              "batching.md",
              "Continuous batching",
              new Batching(root(), repository(), 15).run());
      case MESH ->
          write(
              subject,
              "mesh-overhead.md",
              "First token through the mesh against the runtime called directly",
              new MeshOverhead(root(), repository(), WARM_UP, pairs).run(logs())
                  + "\n"
                  + pairs
                  + " pairs\n");
      case DIRECT ->
          write(
              subject,
              "runtime-overhead.md",
              "The runtime against ONNX Runtime called directly with the same graphs",
              overhead());
      case PRECISION ->
          write(subject, "precision.md", "Speed and memory at each precision", precisions());
      case PRUNING -> write(subject, "pruning-gain.md", "What pruning gains in time", pruning());
      case DECISION -> decision(subject);
      case VERDICTS -> verdicts(subject);
      case TRITON -> triton(subject);
      case TRACE ->
          write(
              subject,
              "trace-cost.md",
              "What traces cost, and how much of the time to first token they account for",
              traces());
      case PEERS -> write(subject, "peers.md", "The same shape through peers", peers());
    }
  }

  private void decision(Subject subject) throws Exception {
    write(
        subject,
        "decision-cost.md",
        "What the decision adds to the time to first token",
        new DecisionCost(root(), repository(), pairs, this::say).run(logs()));
  }

  private void verdicts(Subject subject) throws Exception {
    String precision = weights.get(0);
    Path alone = made().randomAlone(precision);
    write(
        subject,
        "verdict-overhead.md",
        "What verdicts on the way add to the time to first token",
        "%s, %s%n%n%s"
            .formatted(
                made().description(),
                precision,
                new VerdictOverhead(root(), alone, pairs).run(logs())));
  }

  private String overhead() throws Exception {
    RuntimeOverhead overhead = new RuntimeOverhead(rounds, this::say);
    RepositoryModel bundled = made().bundled();
    try (DirectPath direct = new DirectPath(bundled)) {
      byte[] picture = Files.readAllBytes(root().resolve("demo-model/pictures/ex07.png"));
      overhead.measure(bundled, direct.prompt(picture, "describe the picture"));
    }
    for (String precision : weights) {
      RepositoryModel model = made().random(precision);
      overhead.measure(model, SyntheticPrompt.of(model.manifest(), 1, 1));
    }
    return made().description() + "\n\n" + overhead.table();
  }

  private String precisions() throws Exception {
    List<RepositoryModel> measured = new ArrayList<>();
    for (String precision : weights) {
      measured.add(made().bundled(precision));
    }
    for (String precision : weights) {
      measured.add(made().random(precision));
    }
    return made().description() + "\n\n" + new Precisions(rounds, this::say).run(measured);
  }

  private String pruning() throws Exception {
    StringBuilder text = new StringBuilder(made().description()).append('\n');
    for (String precision : weights) {
      RepositoryModel model = made().random(precision);
      text.append("\n### ").append(precision).append("\n\n");
      text.append(new PruningGain(model, rounds, this::say).run());
    }
    return text.toString();
  }

  private void triton(Subject subject) throws Exception {
    TritonSpeed speed = new TritonSpeed(root(), logs(), rounds, this::say);
    for (String precision : weights) {
      speed.measure(made().random(precision));
    }
    write(
        subject,
        "triton-overhead.md",
        "A real Triton on loopback against the embedded runtime",
        made().description() + "\n\n" + speed.table());
  }

  private String traces() throws Exception {
    StringBuilder text = new StringBuilder(made().description()).append('\n');
    for (String precision : weights) {
      Path repository = made().randomAlone(precision);
      text.append("\n### ").append(precision).append("\n\n");
      text.append(new TraceCost(root(), pairs, this::say).run(repository, logs()));
    }
    return text.append('\n').append(pairs).append(" pairs\n").toString();
  }

  private String peers() throws Exception {
    Path python = peerPython == null ? root().resolve("bench/peers/.venv/bin/python") : peerPython;
    return new Peers(root(), made(), python, rounds, this::say).run();
  }

  private BenchModels made() {
    return new BenchModels(root(), shape.shape(), shape.label(), this::say);
  }

  private Path repository() throws Exception {
    return new Checkout(root())
        .models(models, new PrintWriter(System.err, true, StandardCharsets.UTF_8));
  }

  private static Path logs() {
    return root().resolve(".winnow/logs/bench");
  }

  private void write(Subject subject, String file, String title, String body) throws Exception {
    String command = "./winnow bench " + subject.name().toLowerCase(Locale.ROOT);
    System.out.println(new ResultFiles(root(), out).write(file, title, body, command));
  }

  private void say(String line) {
    System.err.println("winnow: " + line);
  }

  private static Path root() {
    return Path.of(System.getProperty("winnow.root", "."));
  }
}
