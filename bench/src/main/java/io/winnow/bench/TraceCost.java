package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.explain.CriticalPath;
import io.winnow.cli.explain.Explanation;
import io.winnow.cli.explain.Trace;
import io.winnow.cli.explain.TraceStores;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What traces cost and how much of the time to first token they account for: requests in
 * interleaved pairs, one whose trace is recorded and kept by all three services, and one whose
 * caller asks for none, so that the spans are made but record nothing.
 */
final class TraceCost {

  private static final String QUESTION = "describe the picture";
  private static final int WARM_UP = 30;

  private final Path root;
  private final int pairs;
  private final Consumer<String> progress;

  TraceCost(Path root, int pairs, Consumer<String> progress) {
    this.root = root;
    this.pairs = pairs;
    this.progress = progress;
  }

  /** Measures the only model of a repository. */
  String run(Path repository, Path logs) throws Exception {
    MeshPlan plan =
        new MeshPlan(root, repository, FreePorts.find(1).get(0), logs, MeshPlan.LONG_RUN, Map.of());
    PairedTimes times = new PairedTimes();
    List<Trace> traces = new ArrayList<>();
    try (Mesh mesh = Mesh.start(plan);
        MeshPath path = new MeshPath(mesh.service(Mesh.DECODER).ports().grpc())) {
      TraceStores stores = new TraceStores(mesh.traceStores());
      DistinctPictures pictures = new DistinctPictures(root.resolve("demo-model/pictures"));
      for (int i = 0; i < WARM_UP; i++) {
        path.firstTokenMillis(pictures.next(), QUESTION, traceparent(newId(), i % 2 == 0));
      }
      progress.accept("warmed up");
      for (int i = 0; i < pairs; i++) {
        byte[] picture = pictures.next();
        byte[] other = pictures.next(); // the encoder would have the same one in its cache
        String id = newId();
        double without = Double.NaN;
        if (i % 2 == 0) {
          without = path.firstTokenMillis(picture, QUESTION, traceparent(newId(), false));
        }
        double with = path.firstTokenMillis(other, QUESTION, traceparent(id, true));
        if (i % 2 == 1) {
          without = path.firstTokenMillis(picture, QUESTION, traceparent(newId(), false));
        }
        times.add(without, with);
        Trace.of(id, TraceStores.spans(stores.trace(id))).ifPresent(traces::add);
      }
    }
    return times.table("not recorded", "recorded") + "\n" + coverage(traces);
  }

  private String coverage(List<Trace> traces) {
    double[] shares = traces.stream().mapToDouble(CriticalPath::coverage).toArray();
    if (shares.length < pairs) {
      throw new IllegalStateException("of %d traces %d were found".formatted(pairs, shares.length));
    }
    MarkdownTable table =
        new MarkdownTable("share of the time to first token in spans", "median", "least");
    table.row(
        "%d traces".formatted(shares.length),
        decimals(3, Quantiles.median(shares)),
        decimals(3, Quantiles.at(0, shares)));
    String last = Explanation.of(traces.get(traces.size() - 1)).table();
    return table + "\nThe last one:\n\n```\n" + last + "```\n";
  }

  private static String newId() {
    return ChatClient.newTraceId();
  }

  private static String traceparent(String id, boolean recorded) {
    return String.format(Locale.ROOT, "00-%s-00f067aa0ba902b7-%s", id, recorded ? "01" : "00");
  }
}
