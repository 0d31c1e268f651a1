package io.winnow.pruner.planning;

/** One way to reduce visual tokens. Stateless and safe for concurrent use. */
interface PruneMethod {

  /** The name a caller uses; never {@link ReductionWish#AUTO}. */
  String name();

  /** Plans a generation, or says why this method cannot do what is asked. */
  PlanDecision plan(PlanRequest request);
}
