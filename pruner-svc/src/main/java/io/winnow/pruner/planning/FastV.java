package io.winnow.pruner.planning;

/**
 * FastV (arXiv 2403.06764): before layer K, keeps the visual tokens to which the last prompt token
 * pays the most attention in layer K - 1, head mean. K is 2 and half of the tokens stay unless the
 * caller says otherwise.
 */
final class FastV implements PruneMethod {

  static final String NAME = "fastv";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int maxLayer(PlanRequest request) {
    return LayerDrop.maxLayer(request.decoder());
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    LayerDrop drop = LayerDrop.of(request, Ranking.FASTV);
    LayerDrop.Quotas quotas = drop.quotas(knowledge, NAME);
    if (quotas instanceof LayerDrop.Quotas.Found found) {
      int[] kept = found.perPicture(); // [pictures]
      return new PlanDecision.Planned(
          PrunePlan.dropping(
              request, NAME, drop.reason(kept, "FastV"), drop.keep(kept), Ranking.FASTV));
    }
    return ((LayerDrop.Quotas.None) quotas).refusal();
  }
}
