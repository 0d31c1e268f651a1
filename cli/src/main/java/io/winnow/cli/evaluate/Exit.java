package io.winnow.cli.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where gates let the visual tokens of one answer go (method dyvte). Layers are 0-based.
 *
 * @param asked layers whose gates were asked, in order
 * @param layer the last layer that visual tokens entered before the exit; empty: they stayed
 * @param waitedMillis time from each segment's end to its verdict, verdicts that never came left
 *     out // [at most asked]
 */
public record Exit(List<Integer> asked, OptionalInt layer, List<Double> waitedMillis) {

  public Exit {
    asked = List.copyOf(asked);
    waitedMillis = List.copyOf(waitedMillis);
  }

  /** The exit in an answer's reduction, as the service writes it. */
  static Exit of(JsonNode exit) {
    List<Integer> asked = new ArrayList<>();
    List<Double> waited = new ArrayList<>();
    for (JsonNode verdict : exit.path("verdicts")) {
      asked.add(verdict.path("layer").asInt());
      if (verdict.has("arrived_ms")) {
        waited.add(verdict.path("arrived_ms").asDouble() - verdict.path("needed_ms").asDouble());
      }
    }
    OptionalInt layer =
        exit.path("layer").isInt()
            ? OptionalInt.of(exit.path("layer").asInt())
            : OptionalInt.empty();
    return new Exit(asked, layer, waited);
  }

  /**
   * Layers that visual tokens entered though a gate had let them go already; 0 where none does.
   *
   * @param exact the exit of the same question where the prefill waits for the gates
   * @param layers of the decoder: an exit that came too late for all of them cost the rest
   */
  public int layersLate(Exit exact, int layers) {
    return exact.layer().isEmpty()
        ? 0
        : Math.max(0, layer.orElse(layers - 1) - exact.layer().getAsInt());
  }
}
