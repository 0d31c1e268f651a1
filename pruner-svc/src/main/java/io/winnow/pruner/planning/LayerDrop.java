package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Dropping once, before layer K: layers below K see every visual token, the others what is kept.
 * FastV and its random baseline differ in the ranking only.
 *
 * @param layer K, in [1, layers - 1]
 * @param ranking how the layer before K ranks
 */
record LayerDrop(PlanRequest request, int layer, Ranking ranking) {

  /** Before which layer FastV's paper drops. */
  static final int DEFAULT_LAYER = 2;

  /** R, the share of visual tokens that the paper drops. */
  static final double DEFAULT_DROPPED = 0.5;

  /** The highest layer to drop before; below 1 if the decoder has only one. */
  static int maxLayer(DecoderDimensions decoder) {
    return decoder.layers() - 1;
  }

  static LayerDrop of(PlanRequest request, Ranking ranking) {
    int layer = request.wish().layer().orElse(Math.min(DEFAULT_LAYER, maxLayer(request.decoder())));
    return new LayerDrop(request, layer, ranking);
  }

  /** Each picture's tokens by the paper: round(V * (1 - R)) // [pictures] */
  int[] defaultQuotas() {
    return Arrays.stream(request.pictureSizes())
        .map(size -> (int) Math.round(size * (1 - DEFAULT_DROPPED)))
        .toArray();
  }

  /** The most tokens of each picture within the budget // [pictures]; empty if none is too many */
  Optional<int[]> quotasWithin(BudgetGauge gauge) {
    int all = request.visualTokens();
    if (gauge.admits(entering(all), Ranking.NONE)) {
      return Optional.of(request.pictureSizes());
    }
    OptionalInt kept =
        BudgetGauge.largest(0, all - 1, count -> gauge.admits(entering(count), ranking));
    return kept.isEmpty()
        ? Optional.empty()
        : Optional.of(PictureQuotas.split(kept.getAsInt(), request.pictureSizes()));
  }

  /** The quotas of the wish: within its budget, or the paper's; a refusal if there are none. */
  Quotas quotas(Knowledge knowledge, String method) {
    if (layer < 1) {
      return new Quotas.None(
          new PlanDecision.Refused(
              PrunerFailure.of(
                  PrunerFailure.Reason.INVALID_REQUEST,
                  "\"%s\" drops between two layers, and this decoder has one".formatted(method),
                  "visual_token_reduction.method")));
    }
    Optional<Budget> budget = request.wish().budget();
    if (budget.isEmpty()) {
      return new Quotas.Found(defaultQuotas());
    }
    BudgetGauge gauge = new BudgetGauge(request, knowledge.forecast(), budget.get());
    Optional<int[]> quotas = quotasWithin(gauge);
    if (quotas.isPresent()) {
      return new Quotas.Found(quotas.get());
    }
    return new Quotas.None(
        gauge.impossible("\"%s\" before layer %d".formatted(method, layer), entering(0)));
  }

  /** Visual tokens that leave each layer // [layers][pictures] */
  int[][] keep(int[] quotas) {
    int[][] keep = new int[request.decoder().layers()][];
    Arrays.fill(keep, 0, layer - 1, request.pictureSizes());
    Arrays.fill(keep, layer - 1, keep.length, quotas);
    return keep;
  }

  String reason(int[] quotas, String rankedBy) {
    return "asked for: %d of %d visual tokens, ranked by %s, go on into layer %d"
        .formatted(Arrays.stream(quotas).sum(), request.visualTokens(), rankedBy, layer);
  }

  /** Visual tokens that enter each layer if so many are kept // [layers] */
  private int[] entering(int kept) {
    int[] entering = new int[request.decoder().layers()];
    Arrays.fill(entering, 0, layer, request.visualTokens());
    Arrays.fill(entering, layer, entering.length, kept);
    return entering;
  }

  /** How many tokens each picture keeps. */
  sealed interface Quotas {

    /** So many // [pictures] */
    record Found(int[] perPicture) implements Quotas {}

    /** No number will do. */
    record None(PlanDecision refusal) implements Quotas {}
  }
}
