package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.grpc.StatusRuntimeException;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import io.winnow.v1.GenerationTimings;
import io.winnow.v1.VisualTokenReduction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * What asking pruner-svc adds to the time to first token: from the layout's arrival to the plan's,
 * as decoder-svc's own clock has it, for several methods in turn on new pictures.
 */
final class DecisionCost {

  private static final String QUESTION = "describe the picture";
  private static final int WARM_UP = 150;

  private final Path root;
  private final Path models;
  private final int rounds;
  private final Consumer<String> progress;

  DecisionCost(Path root, Path models, int rounds, Consumer<String> progress) {
    this.root = root;
    this.models = models;
    this.rounds = rounds;
    this.progress = progress;
  }

  String run(Path logs) throws Exception {
    MeshPlan plan =
        new MeshPlan(
            root,
            models,
            FreePorts.find(1).get(0),
            logs,
            MeshPlan.LONG_RUN,
            MeshPlan.recipesIn(root.resolve("demo-model/recipes")));
    Map<String, List<GenerationTimings>> timings = new LinkedHashMap<>();
    try (Mesh mesh = Mesh.start(plan);
        MeshPath path = new MeshPath(mesh.service(Mesh.DECODER).ports().grpc())) {
      DistinctPictures pictures = new DistinctPictures(root.resolve("demo-model/pictures"));
      Map<String, VisualTokenReduction> wishes = answered(path, pictures);
      for (int i = 0; i < WARM_UP; i++) {
        for (VisualTokenReduction wish : wishes.values()) {
          path.timings(pictures.next(), QUESTION, wish);
        }
      }
      progress.accept("warmed up");
      for (int round = 0; round < rounds; round++) {
        for (Map.Entry<String, VisualTokenReduction> wish : wishes.entrySet()) {
          timings
              .computeIfAbsent(wish.getKey(), key -> new ArrayList<>())
              .add(path.timings(pictures.next(), QUESTION, wish.getValue()));
        }
      }
    }
    return table(timings);
  }

  /** The methods that the services have for this model. */
  private Map<String, VisualTokenReduction> answered(MeshPath path, DistinctPictures pictures)
      throws Exception {
    Map<String, VisualTokenReduction> wishes = new LinkedHashMap<>();
    for (String method : List.of("none", "auto", "fitprune", "vtw", "fastv", "visionzip")) {
      VisualTokenReduction.Builder wish = VisualTokenReduction.newBuilder().setMethod(method);
      if (!method.equals("none") && !method.equals("auto")) {
        wish.setFlopsRatio(0.6);
      }
      try {
        path.timings(pictures.next(), QUESTION, wish.build());
        wishes.put(method, wish.build());
      } catch (StatusRuntimeException e) {
        progress.accept("left out %s: %s".formatted(method, e.getStatus().getDescription()));
      }
    }
    return wishes;
  }

  private static String table(Map<String, List<GenerationTimings>> timings) {
    MarkdownTable table =
        new MarkdownTable(
            "method", "decide ms, median", "p90", "prefill ms, median", "first token");
    timings.forEach(
        (method, each) -> {
          double[] decide = millis(each, GenerationTimings::getDecideMicros);
          table.row(
              method,
              decimals(2, Quantiles.median(decide)),
              decimals(2, Quantiles.at(0.9, decide)),
              decimals(2, Quantiles.median(millis(each, GenerationTimings::getPrefillMicros))),
              decimals(2, Quantiles.median(millis(each, GenerationTimings::getFirstTokenMicros))));
        });
    return table.toString();
  }

  private static double[] millis(
      List<GenerationTimings> timings, ToLongFunction<GenerationTimings> micros) {
    return timings.stream().mapToDouble(each -> micros.applyAsLong(each) / 1e3).toArray();
  }
}
