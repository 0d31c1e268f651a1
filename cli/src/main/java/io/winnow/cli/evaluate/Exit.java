package io.winnow.cli.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where gates let the visual tokens of one answer go (method dyvte). Layers are 0-based.
 *
 * @param asked layers whose gates were asked, in order
 * @param wanted the first layer whose gate said "exit"
 * @param layer the last layer that visual tokens entered before the exit; empty: they stayed
 * @param waitedMillis time from each segment's end to its verdict, verdicts that never came left
 *     out // [at most asked]
 */
public record Exit(
    List<Integer> asked, OptionalInt wanted, OptionalInt layer, List<Double> waitedMillis) {

  public Exit {
    asked = List.copyOf(asked);
    waitedMillis = List.copyOf(waitedMillis);
  }

  /** The exit in an answer's reduction, as the service writes it. */
  static Exit of(JsonNode exit) {
    List<Integer> asked = new ArrayList<>();
    List<Double> waited = new ArrayList<>();
    OptionalInt wanted = OptionalInt.empty();
    for (JsonNode verdict : exit.path("verdicts")) {
      int layer = verdict.path("layer").asInt();
      asked.add(layer);
      if (verdict.has("arrived_ms")) {
        waited.add(verdict.path("arrived_ms").asDouble() - verdict.path("needed_ms").asDouble());
      }
      if (wanted.isEmpty() && verdict.path("exit").asBoolean()) {
        wanted = OptionalInt.of(layer);
      }
    }
    OptionalInt layer =
        exit.path("layer").isInt()
            ? OptionalInt.of(exit.path("layer").asInt())
            : OptionalInt.empty();
    return new Exit(asked, wanted, layer, waited);
  }

  /**
   * Layers that visual tokens entered though a gate had let them go already; 0 where none had.
   *
   * @param layers of the decoder: an exit that came too late for all of them cost the rest
   */
  public int layersLate(int layers) {
    return wanted.isEmpty() ? 0 : layer.orElse(layers - 1) - wanted.getAsInt();
  }
}
