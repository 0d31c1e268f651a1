package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Arrays;
import java.util.Optional;

/** Keeps every visual token. Refuses a budget that asks for less. */
final class NoPruning implements PruneMethod {

  static final String NAME = "none";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PlanDecision plan(PlanRequest request) {
    Optional<Budget> missed = request.wish().budget().filter(budget -> !budget.allowsEverything());
    if (missed.isPresent()) {
      return new PlanDecision.Refused(
          PrunerFailure.of(
              PrunerFailure.Reason.IMPOSSIBLE_BUDGET,
              "method \"none\" keeps every visual token and cannot promise %s; leave out the budget"
                  .formatted(missed.get().asText()),
              "visual_token_reduction"));
    }
    return new PlanDecision.Planned(keepEverything(request, "asked for"));
  }

  static PrunePlan keepEverything(PlanRequest request, String reason) {
    int[] entering = new int[request.decoder().layers()]; // [layers]
    Arrays.fill(entering, request.visualTokens());
    double share =
        new PrefillMacs(request.decoder())
            .remainingShare(request.textTokens(), request.visualTokens(), entering);
    return new PrunePlan(NAME, reason, share);
  }
}
