package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Optional;

/** Keeps every visual token. Refuses a budget that asks for less. */
final class NoPruning implements PruneMethod {

  static final String NAME = "none";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean bindsItselfToBudgets() {
    return false;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    Optional<Budget> missed = request.wish().budget().filter(budget -> !budget.allowsEverything());
    if (missed.isPresent()) {
      return new PlanDecision.Refused(
          PrunerFailure.of(
              PrunerFailure.Reason.IMPOSSIBLE_BUDGET,
              "method \"none\" keeps every visual token and cannot promise %s; leave out the budget"
                  .formatted(missed.get().asText()),
              "visual_token_reduction"));
    }
    return PlanDecision.Planned.everything(ReasonCode.ASKED_FOR, "asked for");
  }
}
