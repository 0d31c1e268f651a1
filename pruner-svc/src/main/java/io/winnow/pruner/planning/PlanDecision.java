package io.winnow.pruner.planning;

/** What came of a plan request. */
public sealed interface PlanDecision {

  /** There is a plan. */
  record Planned(PrunePlan plan, ReasonCode code) implements PlanDecision {

    /** A plan of the method that the caller has named. */
    Planned(PrunePlan plan) {
      this(
          plan,
          plan.method().equals(NoPruning.NAME) ? ReasonCode.NOTHING_TO_DROP : ReasonCode.ASKED_FOR);
    }

    static Planned everything(ReasonCode code, String reason) {
      return new Planned(PrunePlan.everything(reason), code);
    }
  }

  /** There is none, and the caller has to change the request. */
  record Refused(PrunerFailure failure) implements PlanDecision {}
}
