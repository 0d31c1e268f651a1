package io.winnow.pruner.planning;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Finds the method for a wish and lets it plan. {@code auto} only drops tokens where a method is
 * calibrated for the model; none is yet, so it keeps everything and says why.
 */
public final class PrunePlanner {

  private final Map<String, PruneMethod> methods;

  private PrunePlanner(List<PruneMethod> methods) {
    this.methods =
        new TreeMap<>(methods.stream().collect(Collectors.toMap(PruneMethod::name, m -> m)));
  }

  /** A planner with every method that exists. */
  public static PrunePlanner withAllMethods() {
    return new PrunePlanner(List.of(new NoPruning()));
  }

  public PlanDecision plan(PlanRequest request) {
    String wanted = request.wish().method();
    if (wanted.equals(ReductionWish.AUTO)) {
      return new PlanDecision.Planned(NoPruning.keepEverything(request, reasonToKeepAll(request)));
    }
    PruneMethod method = methods.get(wanted);
    return method == null ? unknown(wanted) : method.plan(request);
  }

  private static String reasonToKeepAll(PlanRequest request) {
    if (request.visualTokens() == 0) {
      return "the prompt has no visual tokens";
    }
    String reason = "no pruning method is calibrated for model \"%s\"".formatted(request.model());
    return request
        .wish()
        .budget()
        .filter(budget -> !budget.allowsEverything())
        .map(budget -> reason + ", so " + budget.asText() + " is not pursued")
        .orElse(reason);
  }

  private PlanDecision unknown(String wanted) {
    String known = ReductionWish.AUTO + ", " + String.join(", ", methods.keySet());
    return new PlanDecision.Refused(
        PrunerFailure.of(
            PrunerFailure.Reason.UNKNOWN_METHOD,
            "there is no method \"%s\"; there are: %s".formatted(wanted, known),
            "visual_token_reduction.method"));
  }
}
