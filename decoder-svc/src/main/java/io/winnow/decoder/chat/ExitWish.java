package io.winnow.decoder.chat;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What the caller says of an exit on the way (method "dyvte").
 *
 * @param threshold probability of "exit" above which the visual tokens may go, in (0, 1); empty
 *     leaves it to the pruner
 * @param minLayer first layer after which they may go, 0-based; empty leaves it to the pruner
 * @param blocking whether the prefill waits for every verdict
 * @param with the method that prunes before the exit; the pruner knows which can
 */
public record ExitWish(
    OptionalDouble threshold, OptionalInt minLayer, boolean blocking, Optional<String> with) {

  /** Says nothing. */
  public static final ExitWish NONE =
      new ExitWish(OptionalDouble.empty(), OptionalInt.empty(), false, Optional.empty());
}
