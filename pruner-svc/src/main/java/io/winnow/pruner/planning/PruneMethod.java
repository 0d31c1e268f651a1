package io.winnow.pruner.planning;

import java.util.Optional;

/** One way to reduce visual tokens. Stateless and safe for concurrent use. */
interface PruneMethod {

  /** The name that a caller uses. */
  String name();

  /**
   * Plans a generation that has visual tokens, or says why this method cannot do what is asked. The
   * wish holds a layer, seed or exit only where this method takes one, and it is in range.
   */
  PlanDecision plan(PlanRequest request, Knowledge knowledge);

  /** The highest layer that a caller may name; 0 if the method takes none. */
  default int maxLayer(PlanRequest request) {
    return 0;
  }

  /** Whether a caller may say when the visual tokens exit. */
  default boolean takesExit() {
    return false;
  }

  /**
   * What is wrong with a wish whatever the prompt, beside layer, seed and exit; empty if nothing.
   */
  default Optional<PrunerFailure> misfit(PlanRequest request) {
    return Optional.empty();
  }

  /** Whether a caller may give a seed. */
  default boolean takesSeed() {
    return false;
  }

  /** Whether a budget is pursued or refused; otherwise the method may answer that it is not. */
  default boolean bindsItselfToBudgets() {
    return true;
  }
}
