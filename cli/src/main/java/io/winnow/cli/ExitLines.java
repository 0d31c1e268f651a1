package io.winnow.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * What became of the questions whether the picture may go (method dyvte), in two lines for people:
 * where it went and what that saved, or why it stayed; and how many verdicts there were.
 */
final class ExitLines {

  private static final double LEAST_SHOWN = 0.005; // of the FLOPs: less would be shown as 0 %

  private final JsonNode reduction;
  private final JsonNode exit;

  /**
   * @param reduction of an answer, as the service writes it
   */
  ExitLines(JsonNode reduction) {
    this.reduction = reduction;
    this.exit = reduction.path("exit");
  }

  /** Where the picture went, or why it stayed; what the exit saved is told from the rest. */
  String exit() {
    double ratio = reduction.path("flops_ratio").asDouble();
    double without = exit.path("flops_ratio_without").asDouble(1);
    if (!exit.path("layer").isInt()) {
      return "none: " + whyNone() + alone(1 - without);
    }
    int layer = exit.path("layer").asInt();
    int late =
        layer - deciding("exited").map(verdict -> verdict.path("layer").asInt()).orElse(layer);
    return String.format(
        Locale.ROOT,
        "after layer %d%s, saved %.0f %% of the FLOPs%s",
        layer,
        late == 0 ? "" : ", " + late + (late == 1 ? " layer" : " layers") + " late",
        100 * (without - ratio),
        alone(1 - without));
  }

  String verdicts() {
    int late = exit.path("late").asInt();
    int missing = exit.path("missing").asInt();
    StringBuilder verdicts = new StringBuilder().append(exit.path("verdicts").size() - missing);
    verdicts.append(late == 0 ? ", none late" : ", " + late + " late");
    if (missing > 0) {
      verdicts.append(", ").append(missing).append(" never came: ");
      verdicts.append(exit.path("trouble").asText());
    }
    return verdicts.toString();
  }

  private String whyNone() {
    Optional<JsonNode> late = deciding("late");
    if (late.isPresent()) {
      return String.format(
          Locale.ROOT,
          "the verdict after layer %d, to let the picture go, came %.1f ms after that layer, too"
              + " late for all others (%s)",
          late.get().path("layer").asInt(),
          late.get().path("arrived_ms").asDouble() - late.get().path("needed_ms").asDouble(),
          exit.path("blocking").asBoolean()
              ? "the prefill had waited as long as it may"
              : "--blocking waits for it");
    }
    int asked = exit.path("verdicts").size();
    if (asked == 0) {
      return "no gate was asked";
    }
    int missing = exit.path("missing").asInt();
    return missing == 0
        ? "every gate kept the picture"
        : missing == asked ? "no verdict came" : "every verdict that came kept the picture";
  }

  /** The first verdict with this effect that said "exit". */
  private Optional<JsonNode> deciding(String effect) {
    return StreamSupport.stream(exit.path("verdicts").spliterator(), false)
        .filter(verdict -> verdict.path("effect").asText().equals(effect))
        .filter(verdict -> verdict.path("exit").asBoolean())
        .findFirst();
  }

  /** What is saved with or without an exit, by the method that goes with it or by a budget. */
  private String alone(double saved) {
    if (saved < LEAST_SHOWN) {
      return "";
    }
    String method = reduction.path("method").asText();
    String by = method.contains("+") ? method.substring(method.indexOf('+') + 1) : "the budget";
    return String.format(Locale.ROOT, "; %s alone saves %.0f %%", by, 100 * saved);
  }
}
