package io.winnow.pruner.planning;

import java.util.Optional;

/**
 * What the caller wants done to the visual tokens.
 *
 * @param method {@link #AUTO} or the name of a method
 * @param budget how far to go; empty leaves it to the method
 */
public record ReductionWish(String method, Optional<Budget> budget) {

  /** Leaves the choice to the pruner. */
  public static final String AUTO = "auto";

  /** A bound on the work or the wait. */
  public sealed interface Budget {

    /** Whether a prefill that keeps every visual token is within the budget. */
    boolean allowsEverything();

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
    public String asText() {
      return "flops_ratio " + ratio;
    }
  }

  /** Share of visual tokens kept, in (0, 1]. */
  public record KeepRatio(double ratio) implements Budget {
    @Override
    public boolean allowsEverything() {
      return ratio >= 1;
    }

    @Override
    public String asText() {
      return "keep_ratio " + ratio;
    }
  }

  /** Longest acceptable time to first token, in milliseconds; nothing is known to be within it. */
  public record MaxTtftMillis(double millis) implements Budget {
    @Override
    public boolean allowsEverything() {
      return false;
    }

    @Override
    public String asText() {
      return "max_ttft_ms " + millis;
    }
  }
}
