package io.winnow.pruner.planning;

/** What came of a plan request. */
public sealed interface PlanDecision {

  /** There is a plan. */
  record Planned(PrunePlan plan) implements PlanDecision {}

  /** There is none, and the caller has to change the request. */
  record Refused(PrunerFailure failure) implements PlanDecision {}
}
