package io.winnow.pruner.planning;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What the caller says of an exit on the way ({@code dyvte}).
 *
 * @param threshold probability of "exit" above which a gate lets the visual tokens go, in (0, 1);
 *     empty: the argmax of its logits, one half
 * @param minLayer first layer after which they may go, 0-based; empty: 0
 * @param blocking whether the prefill waits for every verdict
 * @param with the method that prunes before the exit
 */
public record ExitWish(
    OptionalDouble threshold, OptionalInt minLayer, boolean blocking, Optional<String> with) {

  /** Says nothing. */
  public static final ExitWish NONE =
      new ExitWish(OptionalDouble.empty(), OptionalInt.empty(), false, Optional.empty());

  private static final double ARGMAX = 0.5;

  /** The field of the request that says something; empty if none does. */
  Optional<String> firstField() {
    if (threshold.isPresent()) {
      return Optional.of("exit_threshold");
    }
    if (minLayer.isPresent()) {
      return Optional.of("min_layer");
    }
    if (blocking) {
      return Optional.of("blocking");
    }
    return with.map(method -> "with");
  }

  /** First layer after which the visual tokens may go. */
  int firstLayer() {
    return minLayer.orElse(0);
  }

  /** The gate margin, exit logit minus keep logit, above which they go. */
  float margin() {
    double probability = threshold.orElse(ARGMAX);
    return (float) Math.log(probability / (1 - probability));
  }
}
