package io.winnow.cli.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What the user says of an exit on the way (method dyvte).
 *
 * @param threshold probability of "exit" above which the visual tokens may go
 * @param minLayer first layer after which they may go, 0-based
 * @param blocking whether the prefill waits for every verdict
 * @param with the method that prunes before the exit
 */
public record ExitWish(
    OptionalDouble threshold, OptionalInt minLayer, boolean blocking, Optional<String> with) {

  /** Says nothing. */
  public static final ExitWish NONE =
      new ExitWish(OptionalDouble.empty(), OptionalInt.empty(), false, Optional.empty());

  void addTo(ObjectNode json) {
    threshold.ifPresent(probability -> json.put("exit_threshold", probability));
    minLayer.ifPresent(layer -> json.put("min_layer", layer));
    if (blocking) {
      json.put("blocking", true);
    }
    with.ifPresent(method -> json.put("with", method));
  }
}
