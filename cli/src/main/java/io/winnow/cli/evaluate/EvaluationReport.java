package io.winnow.cli.evaluate;

import static io.winnow.cli.results.MarkdownTable.decimals;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How an evaluation is shown: as a table for people, or as one JSON object. */
public final class EvaluationReport {

  private static final List<String> STAGES = List.of("prefill", "first_token", "per_token");

  private EvaluationReport() {}

  /** Accuracy by type and by mark, then times and tokens. */
  public static String table(Evaluation evaluation) {
    StringBuilder table = new StringBuilder();
    row(table, "type", "accuracy", "right", "asked");
    groups(evaluation).forEach((name, accuracy) -> row(table, name, accuracy));
    table.append('\n');
    row(table, "ms", "median", "p10", "p90");
    for (String stage : STAGES) {
      row(
          table,
          stage.replace('_', ' '),
          decimals(1, evaluation.millis(stage, 0.5)),
          decimals(1, evaluation.millis(stage, 0.1)),
          decimals(1, evaluation.millis(stage, 0.9)));
    }
    table.append('\n');
    row(table, "image tokens", decimals(0, evaluation.meanImageTokens()), "", "");
    row(table, "kept, mean", decimals(0, evaluation.meanImageTokensKept()), "", "");
    row(table, "FLOPs ratio", decimals(3, evaluation.meanFlopsRatio()), "", "");
    row(table, "method", methods(evaluation), "", "");
    ExitHistogram exits = new ExitHistogram(evaluation);
    if (!exits.isEmpty()) {
      table.append("\nexits after decoder layers:\n").append(exits.table());
    }
    return table.toString();
  }

  /** The same, and every question that was answered wrong. */
  public static ObjectNode json(Evaluation evaluation) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("model", evaluation.asked().get(0).answer().model());
    root.put("questions", evaluation.asked().size());
    ObjectNode accuracies = root.putObject("accuracy");
    groups(evaluation)
        .forEach(
            (name, accuracy) ->
                accuracies
                    .putObject(name)
                    .put("share", accuracy.share())
                    .put("right", accuracy.right())
                    .put("asked", accuracy.asked()));
    ObjectNode times = root.putObject("timings_ms");
    STAGES.forEach(stage -> times.put(stage, evaluation.millis(stage, 0.5)));
    root.put("image_tokens", evaluation.meanImageTokens());
    root.put("image_tokens_kept", evaluation.meanImageTokensKept());
    root.put("flops_ratio", evaluation.meanFlopsRatio());
    root.put("method", methods(evaluation));
    ExitHistogram exits = new ExitHistogram(evaluation);
    if (!exits.isEmpty()) {
      root.set("exits", exits.json());
    }
    ArrayNode wrong = root.putArray("wrong");
    evaluation.asked().stream()
        .filter(asked -> !asked.isRight())
        .forEach(
            asked ->
                wrong
                    .addObject()
                    .put("picture", asked.question().picture().getFileName().toString())
                    .put("type", asked.question().type())
                    .put("question", asked.question().text())
                    .put("truth", asked.question().truth())
                    .put("answer", asked.answer().text()));
    return root;
  }

  private static Map<String, Accuracy> groups(Evaluation evaluation) {
    Map<String, Accuracy> groups = new LinkedHashMap<>(evaluation.byType());
    evaluation.byMark().forEach((mark, accuracy) -> groups.put(mark.label(), accuracy));
    groups.put("all", evaluation.all());
    if (evaluation.allButDescribe().asked() > 0) {
      groups.put("all but describe", evaluation.allButDescribe());
    }
    return groups;
  }

  /** The methods that the service chose; more than one where it was left to it. */
  private static String methods(Evaluation evaluation) {
    return String.join(
        ", ", evaluation.asked().stream().map(Asked::method).distinct().sorted().toList());
  }

  private static void row(StringBuilder table, String name, Accuracy accuracy) {
    row(
        table,
        name,
        decimals(3, accuracy.share()),
        Integer.toString(accuracy.right()),
        Integer.toString(accuracy.asked()));
  }

  private static void row(StringBuilder table, String name, String a, String b, String c) {
    String line = String.format(Locale.ROOT, "%-18s%10s%9s%9s", name, a, b, c);
    table.append(line.stripTrailing()).append('\n');
  }
}
