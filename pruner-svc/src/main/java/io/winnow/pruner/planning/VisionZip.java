package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The dominant tokens of VisionZip (arXiv 2412.04467): of each picture those that the vision
 * tower's CLS token attends to most, in spatial order, picked before the decoder; nothing else is
 * fetched. A third of the tokens (192 of 576) unless there is a budget. The paper's contextual
 * tokens, means of what was dropped, would need the tokens themselves and are left out.
 */
final class VisionZip implements PruneMethod {

  static final String NAME = "visionzip";
  private static final int DEFAULT_DIVISOR = 3;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    Optional<Budget> budget = request.wish().budget();
    if (budget.isEmpty()) {
      return select(request, defaultQuotas(request));
    }
    BudgetGauge gauge = new BudgetGauge(request, knowledge.forecast(), budget.get());
    OptionalInt kept =
        BudgetGauge.largest(
            0,
            request.visualTokens(),
            count -> gauge.admits(entering(request, count), Ranking.NONE));
    if (kept.isEmpty()) {
      return gauge.impossible("\"visionzip\"", entering(request, 0));
    }
    return select(request, PictureQuotas.split(kept.getAsInt(), request.pictureSizes()));
  }

  private static int[] defaultQuotas(PlanRequest request) {
    return Arrays.stream(request.pictureSizes())
        .map(size -> Math.max(1, size / DEFAULT_DIVISOR))
        .toArray();
  }

  private static PlanDecision select(PlanRequest request, int[] quotas) {
    List<int[]> fetch = new ArrayList<>(quotas.length);
    for (int picture = 0; picture < quotas.length; picture++) {
      PictureTokens tokens = request.pictures().get(picture);
      if (tokens.saliency().isEmpty()) {
        return new PlanDecision.Refused(
            PrunerFailure.of(
                PrunerFailure.Reason.INVALID_REQUEST,
                "\"visionzip\" picks tokens by saliency, and picture %d came without"
                    .formatted(picture),
                "visual_token_reduction.method"));
      }
      fetch.add(Salient.most(tokens.saliency().get(), quotas[picture]));
    }
    String reason =
        "asked for: the %d most salient of %d visual tokens are fetched"
            .formatted(Arrays.stream(quotas).sum(), request.visualTokens());
    return new PlanDecision.Planned(
        PrunePlan.selecting(request, NAME, reason, fetch, /* consecutive= */ true));
  }

  private static int[] entering(PlanRequest request, int kept) {
    int[] entering = new int[request.decoder().layers()];
    Arrays.fill(entering, kept);
    return entering;
  }
}
