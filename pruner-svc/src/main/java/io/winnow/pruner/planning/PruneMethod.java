package io.winnow.pruner.planning;

/** One way to reduce visual tokens. Stateless and safe for concurrent use. */
interface PruneMethod {

  /** The name that a caller uses. */
  String name();

  /**
   * Plans a generation that has visual tokens, or says why this method cannot do what is asked. The
   * wish holds a layer or seed only where this method takes one, and it is in range.
   */
  PlanDecision plan(PlanRequest request, Knowledge knowledge);

  /** The highest layer that a caller may name; 0 if the method takes none. */
  default int maxLayer(DecoderDimensions decoder) {
    return 0;
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
