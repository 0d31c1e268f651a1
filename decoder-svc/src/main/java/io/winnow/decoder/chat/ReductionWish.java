package io.winnow.decoder.chat;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the caller wants done to the visual tokens.
 *
 * @param method "auto", "none" or a method's name; the pruner knows which exist
 * @param budget how far to go; empty leaves it to the pruner
 * @param layer the layer K of methods that act at one layer, at least 1; empty leaves it to them
 * @param seed of method "random"; empty leaves it to the pruner
 * @param exit of an exit on the way, for method "dyvte"
 * @param report whether the response shall hold the full report
 */
public record ReductionWish(
    String method,
    Optional<Budget> budget,
    OptionalInt layer,
    OptionalLong seed,
    ExitWish exit,
    boolean report) {

  /** A wish that says nothing of an exit. */
  public ReductionWish(
      String method,
      Optional<Budget> budget,
      OptionalInt layer,
      OptionalLong seed,
      boolean report) {
    this(method, budget, layer, seed, ExitWish.NONE, report);
  }

  /** The wish of a caller who says nothing. */
  public static ReductionWish auto() {
    return new ReductionWish(
        "auto", Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), false);
  }

  /** A bound on the work or the wait. */
  public sealed interface Budget {}

  /** Remaining share of the decoder prefill's MACs, in (0, 1]. */
  public record FlopsRatio(double ratio) implements Budget {}

  /** Share of visual tokens kept, in (0, 1]. */
  public record KeepRatio(double ratio) implements Budget {}

  /** Longest acceptable time to first token, in milliseconds. */
  public record MaxTtftMillis(double millis) implements Budget {}
}
