package io.winnow.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import java.util.List;
import java.util.Locale;

/** How an answer's numbers are shown: as a table for people, or as one JSON object. */
final class AnswerReport {

  private static final List<String> STAGES =
      List.of("preprocess", "encode", "wire", "decide", "prefill", "first_token", "per_token");

  private AnswerReport() {}

  static String table(Answer answer) {
    int image = imageTokens(answer);
    StringBuilder table = new StringBuilder();
    row(table, "image tokens", image == 0 ? "0" : image + ", " + reduction(answer));
    if (answer.reduction().has("exit")) {
      ExitLines exit = new ExitLines(answer.reduction());
      row(table, "exit", exit.exit());
      row(table, "verdicts", exit.verdicts());
    }
    row(table, "text tokens", "" + (answer.usage().path("prompt_tokens").asInt() - image));
    for (String stage : STAGES) {
      double millis = answer.timingsMillis().path(stage).asDouble();
      row(table, stage.replace('_', ' '), String.format(Locale.ROOT, "%.1f ms", millis));
    }
    return table.toString();
  }

  static int imageTokens(Answer answer) {
    return answer.usage().path("prompt_tokens_details").path("image_tokens").asInt();
  }

  /** What was done to the visual tokens, in a line. */
  static String reduction(Answer answer) {
    int kept = answer.usage().path("prompt_tokens_details").path("image_tokens_kept").asInt();
    String method = answer.reduction().path("method").asText();
    if (method.equals("none")) {
      return "all kept: " + answer.reduction().path("reason").asText();
    }
    double ratio = answer.reduction().path("flops_ratio").asDouble();
    return String.format(Locale.ROOT, "kept %d (%s, %.2f of the FLOPs)", kept, method, ratio);
  }

  static String json(Answer answer) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("answer", answer.text()).put("model", answer.model());
    ObjectNode usage = root.putObject("usage");
    answer.usage().properties().forEach(field -> usage.set(field.getKey(), field.getValue()));
    JsonNode details = answer.usage().path("prompt_tokens_details");
    usage
        .put("image_tokens", details.path("image_tokens").asInt())
        .put("image_tokens_kept", details.path("image_tokens_kept").asInt());
    root.set("timings_ms", answer.timingsMillis());
    root.set("visual_token_reduction", answer.reduction());
    return root.toPrettyString();
  }

  private static void row(StringBuilder table, String name, String value) {
    table.append(String.format(Locale.ROOT, "  %-14s%s%n", name, value));
  }
}
