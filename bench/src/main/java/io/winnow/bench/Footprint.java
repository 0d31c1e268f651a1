package io.winnow.bench;

import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.chat.Question;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What a model takes from the machine: its export in a process of its own, and answers of the three
 * services, with the peak of each process.
 */
final class Footprint {

  private static final String PICTURE = "demo-model/pictures/ex01.png";
  private static final Map<String, Map<String, String>> PATIENT =
      Map.of(
          Mesh.DECODER,
          Map.of("winnow.decoder.answer-timeout", "30m", "winnow.http.answer-timeout", "30m"));

  private final Path root;
  private final Path work;
  private final int tokens;
  private final PrintWriter progress;

  /**
   * @param work folder for repositories, which are deleted again, and for logs
   * @param tokens longest answer
   */
  Footprint(Path root, Path work, int tokens, PrintWriter progress) {
    this.root = root;
    this.work = work;
    this.tokens = tokens;
    this.progress = progress;
  }

  /** A table with a row for each precision. */
  String run(Path checkpoint, List<String> precisions) throws IOException, InterruptedException {
    StringBuilder table = new StringBuilder();
    table.append(
        """
        | weights | export, s | export, MiB | graphs, MiB | ready, s | decoder-svc, MiB | \
        vision-encoder-svc, MiB | encode, s | prefill, s | per token, ms |
        |---|---|---|---|---|---|---|---|---|---|
        """);
    for (String precision : precisions) {
      Path repository = work.resolve("repository-" + precision);
      delete(repository);
      table.append(row(checkpoint, repository, precision));
      delete(repository);
    }
    return table.toString();
  }

  private String row(Path checkpoint, Path repository, String precision)
      throws IOException, InterruptedException {
    progress.println("footprint: exporting at " + precision);
    long begin = System.nanoTime();
    long exportPeak = ProcessPeak.untilEnd(export(checkpoint, repository, precision));
    double exportSeconds = seconds(begin);
    progress.println("footprint: starting the services");
    begin = System.nanoTime();
    try (Mesh mesh = Mesh.start(plan(repository))) {
      double readySeconds = seconds(begin);
      Answer answer = answer(mesh);
      progress.println("footprint: " + answer.text());
      return String.format(
          Locale.ROOT,
          "| %s | %.0f | %d | %d | %.0f | %d | %d | %.2f | %.2f | %.1f |%n",
          precision,
          exportSeconds,
          exportPeak,
          size(repository) >> 20,
          readySeconds,
          peak(mesh, Mesh.DECODER),
          peak(mesh, Mesh.ENCODER),
          answer.timingsMillis().path("encode").asDouble() / 1e3,
          answer.timingsMillis().path("prefill").asDouble() / 1e3,
          answer.timingsMillis().path("per_token").asDouble());
    }
  }

  private Process export(Path checkpoint, Path repository, String precision) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dwinnow.root=" + root,
            "-cp",
            System.getProperty("java.class.path"),
            "io.winnow.cli.Winnow",
            "export",
            "--checkpoint=" + checkpoint,
            "--out=" + repository,
            "--name=model",
            "--weights=" + precision)
        .inheritIO()
        .start();
  }

  private MeshPlan plan(Path repository) throws IOException {
    return new MeshPlan(
        root,
        repository,
        FreePorts.find(1).get(0),
        work.resolve("logs"),
        MeshPlan.LONG_RUN,
        PATIENT);
  }

  /** Asks twice: the first answer also pays for classes to be loaded. */
  private Answer answer(Mesh mesh) throws IOException {
    ChatClient client = new ChatClient(mesh.url());
    byte[] picture = Files.readAllBytes(root.resolve(PICTURE));
    Question question =
        new Question(picture, "What do you see?", Optional.empty(), OptionalInt.of(tokens));
    Answer first = client.ask(question, text -> {});
    progress.println("footprint: first answer, timings " + first.timingsMillis());
    Path other = root.resolve("demo-model/pictures/ex02.png");
    return client.ask(
        new Question(
            Files.readAllBytes(other), question.text(), Optional.empty(), OptionalInt.of(tokens)),
        text -> {});
  }

  private static long peak(Mesh mesh, String service) throws IOException {
    return ProcessPeak.mebibytes(mesh.service(service).handle().pid());
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private static long size(Path folder) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }

  static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
