package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import io.winnow.runtime.RepositoryModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Speed and memory of models at each precision: encode, prefill, decode, several generations
 * together. Every number comes from a process of its own; rounds go over all models in turn.
 */
final class Precisions {

  private final int rounds;
  private final Consumer<String> progress;

  Precisions(int rounds, Consumer<String> progress) {
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Markdown tables: times, then what decoding together gives. */
  String run(List<RepositoryModel> models) throws Exception {
    Map<RepositoryModel, List<ObjectNode>> encoders = new LinkedHashMap<>();
    Map<RepositoryModel, List<ObjectNode>> decoders = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (RepositoryModel model : models) {
        add(encoders, model, ModelProcess.Half.ENCODER);
        add(decoders, model, ModelProcess.Half.DECODER);
        progress.accept("%s, round %d of %d".formatted(model.name(), round + 1, rounds));
      }
    }
    return times(models, encoders, decoders) + "\n" + together(models, decoders);
  }

  private static void add(
      Map<RepositoryModel, List<ObjectNode>> found, RepositoryModel model, ModelProcess.Half half)
      throws Exception {
    found.computeIfAbsent(model, key -> new ArrayList<>()).add(ModelProcess.run(model, half));
  }

  private static String times(
      List<RepositoryModel> models,
      Map<RepositoryModel, List<ObjectNode>> encoders,
      Map<RepositoryModel, List<ObjectNode>> decoders) {
    MarkdownTable table =
        new MarkdownTable(
            "model",
            "encode ms",
            "encoder peak MiB",
            "prefill tokens/s, one picture",
            "five pictures",
            "decode ms per token",
            "decoder peak MiB",
            "five pictures: peak MiB");
    for (RepositoryModel model : models) {
      List<ObjectNode> encoder = encoders.getOrDefault(model, List.of());
      List<ObjectNode> decoder = decoders.getOrDefault(model, List.of());
      table.row(
          model.name(),
          median(encoder, "encode_ms", 1),
          median(encoder, "peak_mib", 0),
          median(decoder, "prefill_rate", 0),
          median(decoder, "prefill_rate_many", 0),
          median(decoder, "token_ms", 2),
          median(decoder, "peak_mib", 0),
          median(decoder, "peak_mib_many", 0));
    }
    return table.toString();
  }

  private static String together(
      List<RepositoryModel> models, Map<RepositoryModel, List<ObjectNode>> decoders) {
    MarkdownTable table =
        new MarkdownTable("tokens per second, generations together", "1", "2", "4", "8");
    for (RepositoryModel model : models) {
      List<ObjectNode> decoder = decoders.getOrDefault(model, List.of());
      List<String> rates =
          ModelProcess.WIDTHS.stream().map(width -> median(decoder, "rate_" + width, 1)).toList();
      table.row(model.name(), rates.get(0), rates.get(1), rates.get(2), rates.get(3));
    }
    return table.toString();
  }

  /** Median over rounds; a dash where a model has no such number. */
  private static String median(List<ObjectNode> rounds, String field, int places) {
    double[] values =
        rounds.stream()
            .filter(round -> round.has(field))
            .mapToDouble(round -> round.path(field).asDouble())
            .toArray();
    return values.length == 0 ? "-" : decimals(places, Quantiles.median(values));
  }
}
