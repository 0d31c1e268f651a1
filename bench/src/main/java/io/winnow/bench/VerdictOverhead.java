package io.winnow.bench;

import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import io.winnow.v1.ExitVerdict;
import io.winnow.v1.GenerationFinished;
import io.winnow.v1.GenerationTimings;
import io.winnow.v1.VisualTokenReduction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What it costs to be asked on the way: {@code dyvte}, not blocking, with a threshold that no gate
 * reaches, against {@code none}. Both compute the same prefill; one also sends the state of the
 * text at three segment ends and hears three verdicts. Interleaved pairs whose order alternates, on
 * one picture, which the encoder has in its cache: that makes the first token as fast as it gets.
 */
final class VerdictOverhead {

  private static final String QUESTION = "describe the picture";
  private static final int WARM_UP = 8;

  private static final VisualTokenReduction NONE =
      VisualTokenReduction.newBuilder().setMethod("none").build();
  private static final VisualTokenReduction ASKED =
      VisualTokenReduction.newBuilder().setMethod("dyvte").setExitThreshold(1 - 1e-9).build();

  private final Path root;
  private final Path models;
  private final int pairs;
  private final List<Double> answered = new ArrayList<>(); // ms from a question to its verdict

  VerdictOverhead(Path root, Path models, int pairs) {
    this.root = root;
    this.models = models;
    this.pairs = pairs;
  }

  String run(Path logs) throws Exception {
    MeshPlan plan =
        new MeshPlan(root, models, FreePorts.find(1).get(0), logs, MeshPlan.LONG_RUN, Map.of());
    byte[] picture = Files.readAllBytes(root.resolve("demo-model/pictures/ex07.png"));
    PairedTimes firstToken = new PairedTimes();
    PairedTimes prefill = new PairedTimes();
    try (Mesh mesh = Mesh.start(plan);
        MeshPath path = new MeshPath(mesh.service(Mesh.DECODER).ports().grpc())) {
      for (int i = -WARM_UP; i < pairs; i++) {
        GenerationTimings none;
        GenerationTimings asked;
        if (i % 2 == 0) {
          none = path.timings(picture, QUESTION, NONE);
          asked = asked(path, picture, i >= 0);
        } else {
          asked = asked(path, picture, i >= 0);
          none = path.timings(picture, QUESTION, NONE);
        }
        if (i >= 0) {
          add(firstToken, none, asked, GenerationTimings::getFirstTokenMicros);
          add(prefill, none, asked, GenerationTimings::getPrefillMicros);
        }
      }
    }
    return table(firstToken, prefill);
  }

  private GenerationTimings asked(MeshPath path, byte[] picture, boolean counts) {
    GenerationFinished finished = path.finished(picture, QUESTION, ASKED);
    List<ExitVerdict> verdicts = finished.getReduction().getExit().getVerdictsList();
    if (verdicts.isEmpty() || finished.getReduction().getExit().hasLayer()) {
      throw new IllegalStateException("nothing was asked, or a gate said exit: " + finished);
    }
    for (ExitVerdict verdict : verdicts) {
      if (counts && verdict.hasArrivedMicros()) {
        answered.add((verdict.getArrivedMicros() - verdict.getNeededMicros()) / 1e3);
      }
    }
    return finished.getTimings();
  }

  private static void add(
      PairedTimes times,
      GenerationTimings none,
      GenerationTimings asked,
      ToLongFunction<GenerationTimings> micros) {
    times.add(micros.applyAsLong(none) / 1e3, micros.applyAsLong(asked) / 1e3);
  }

  private String table(PairedTimes firstToken, PairedTimes prefill) {
    MarkdownTable table =
        new MarkdownTable(
            "median, ms",
            "none",
            "asked three times",
            "difference in a pair",
            "of none",
            "p10",
            "p90");
    row(table, "first token", firstToken);
    row(table, "prefill", prefill);
    double[] waits = answered.stream().mapToDouble(Double::doubleValue).toArray();
    return table
        + String.format(
            Locale.ROOT,
            "%n%d pairs; from the end of a segment to its verdict %.2f ms (median), %.2f ms (p90)%n",
            pairs,
            Quantiles.median(waits),
            Quantiles.at(0.9, waits));
  }

  private static void row(MarkdownTable table, String name, PairedTimes times) {
    double none = times.firstQuantile(0.5);
    table.row(
        name,
        MarkdownTable.decimals(2, none),
        MarkdownTable.decimals(2, times.secondQuantile(0.5)),
        MarkdownTable.decimals(2, times.differenceQuantile(0.5)),
        String.format(Locale.ROOT, "%.2f %%", 100 * times.differenceQuantile(0.5) / none),
        MarkdownTable.decimals(2, times.differenceQuantile(0.1)),
        MarkdownTable.decimals(2, times.differenceQuantile(0.9)));
  }
}
