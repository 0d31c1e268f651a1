package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.Kept;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import java.time.Duration;
import java.util.Locale;

/** The JSON shape of what was done to the visual tokens. */
final class ReductionJson {

  private ReductionJson() {}

  static ObjectNode of(Reduction reduction) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("method", reduction.method())
            .put("flops_ratio", reduction.flopsRatio())
            .put("reason", reduction.reason());
    reduction.exit().ifPresent(exit -> add(node.putObject("exit"), exit));
    reduction.kept().ifPresent(kept -> add(node, kept));
    return node;
  }

  private static void add(ObjectNode node, ExitReport exit) {
    if (exit.layer().isPresent()) {
      node.put("layer", exit.layer().getAsInt());
    } else {
      node.putNull("layer");
    }
    node.put("blocking", exit.blocking()).put("late", exit.late()).put("missing", exit.missing());
    node.put("flops_ratio_without", exit.flopsRatioWithout());
    exit.trouble().ifPresent(trouble -> node.put("trouble", trouble));
    ArrayNode verdicts = node.putArray("verdicts");
    exit.questions().forEach(question -> add(verdicts.addObject(), question));
  }

  private static void add(ObjectNode node, ExitReport.Question question) {
    node.put("segment", question.segment())
        .put("layer", question.layer())
        .put("visual_tokens", question.visualTokens())
        .put("needed_ms", millis(question.needed()));
    question
        .verdict()
        .ifPresent(
            verdict ->
                node.put("arrived_ms", millis(verdict.arrived()))
                    .put("exit", verdict.exit())
                    .put("margin", verdict.margin())
                    .put("threshold", verdict.threshold()));
    node.put("effect", question.effect().name().toLowerCase(Locale.ROOT));
    question.appliedLayer().ifPresent(layer -> node.put("applied_layer", layer));
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  private static void add(ObjectNode node, KeptReport kept) {
    node.put("visual_flops_ratio", kept.visualMacsRatio())
        .put("macs", kept.macs())
        .put("macs_unpruned", kept.macsUnpruned())
        .put("flops", kept.flops())
        .put("flops_unpruned", kept.flopsUnpruned())
        .put("text_tokens", kept.textTokens());
    numbers(node.putArray("visual_tokens_entered"), kept.visualEntered());
    ArrayNode pictures = node.putArray("pictures");
    kept.pictures().forEach(picture -> add(pictures.addObject(), picture));
  }

  private static void add(ObjectNode node, PictureTokens picture) {
    node.put("width", picture.width()).put("height", picture.height());
    node.putObject("seen")
        .put("left", picture.seen().left())
        .put("top", picture.seen().top())
        .put("width", picture.seen().width())
        .put("height", picture.seen().height());
    ArrayNode tiles = node.putArray("tiles");
    picture
        .tiles()
        .forEach(tile -> tiles.addObject().put("rows", tile.rows()).put("columns", tile.columns()));
    ArrayNode kept = node.putArray("kept");
    for (Kept depth : picture.kept()) {
      ObjectNode entry = kept.addObject().put("layer", depth.layer());
      entry.put("count", depth.indices().length);
      numbers(entry.putArray("indices"), depth.indices());
    }
  }

  private static void numbers(ArrayNode array, int[] values) {
    for (int value : values) {
      array.add(value);
    }
  }
}
