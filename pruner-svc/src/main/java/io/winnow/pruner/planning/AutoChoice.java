package io.winnow.pruner.planning;

/** Chooses the method; keeps everything, and says why, where no choice is known to pay. */
final class AutoChoice implements PruneMethod {

  @Override
  public String name() {
    return ReductionWish.AUTO;
  }

  @Override
  public boolean bindsItselfToBudgets() {
    return false;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    String reason = "no pruning method is calibrated for model \"%s\"".formatted(request.model());
    return new PlanDecision.Planned(
        PrunePlan.everything(
            request
                .wish()
                .budget()
                .filter(budget -> !budget.allowsEverything())
                .map(budget -> reason + ", so " + budget.asText() + " is not pursued")
                .orElse(reason)));
  }
}
