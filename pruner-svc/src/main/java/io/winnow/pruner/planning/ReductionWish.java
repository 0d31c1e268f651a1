package io.winnow.pruner.planning;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the caller wants done to the visual tokens.
 *
 * @param method {@link #AUTO} or the name of a method
 * @param budget how far to go; empty leaves it to the method
 * @param layer the layer before which to drop, for methods that act at one layer; empty leaves it
 *     to the method
 * @param seed of the method {@code random}
 * @param exit of an exit on the way, for the method {@code dyvte}
 */
public record ReductionWish(
    String method, Optional<Budget> budget, OptionalInt layer, OptionalLong seed, ExitWish exit) {

  /** Leaves the choice to the pruner. */
  public static final String AUTO = "auto";

  /** Leaves layer and seed to the method. */
  public static ReductionWish of(String method, Optional<Budget> budget) {
    return new ReductionWish(
        method, budget, OptionalInt.empty(), OptionalLong.empty(), ExitWish.NONE);
  }

  /** The same wish with this exit. */
  public ReductionWish withExit(ExitWish other) {
    return new ReductionWish(method, budget, layer, seed, other);
  }

  /** A bound on the work or the wait. */
  public sealed interface Budget {

    /** Whether a prefill that keeps every visual token is within the budget. */
    boolean allowsEverything();

    /** Its name in the request. */
    String field();

    /** Name and value as in the request, for messages. */
    String asText();
  }

  /** Remaining share of the decoder prefill's MACs, in (0, 1]. */
  public record FlopsRatio(double ratio) implements Budget {
    @Override
    public boolean allowsEverything() {
      return ratio >= 1;
    }

    @Override
    public String field() {
      return "flops_ratio";
    }

    @Override
    public String asText() {
      return field() + " " + ratio;
    }
  }

  /** Share of visual tokens kept, in (0, 1]. */
  public record KeepRatio(double ratio) implements Budget {
    @Override
    public boolean allowsEverything() {
      return ratio >= 1;
    }

    @Override
    public String field() {
      return "keep_ratio";
    }

    @Override
    public String asText() {
      return field() + " " + ratio;
    }
  }

  /** Longest acceptable time to first token, in milliseconds; nothing is known to be within it. */
  public record MaxTtftMillis(double millis) implements Budget {
    @Override
    public boolean allowsEverything() {
      return false;
    }

    @Override
    public String field() {
      return "max_ttft_ms";
    }

    @Override
    public String asText() {
      return field() + " " + millis;
    }
  }
}
