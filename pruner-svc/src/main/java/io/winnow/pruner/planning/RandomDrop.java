package io.winnow.pruner.planning;

/**
 * The baseline that every method has to beat: before layer K keeps random visual tokens. K is 2 and
 * half of the tokens stay unless the caller says otherwise. Equal seeds keep equal tokens.
 */
final class RandomDrop implements PruneMethod {

  static final String NAME = "random";
  private static final long DEFAULT_SEED = 0;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int maxLayer(PlanRequest request) {
    return LayerDrop.maxLayer(request.decoder());
  }

  @Override
  public boolean takesSeed() {
    return true;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    LayerDrop drop = LayerDrop.of(request, Ranking.GIVEN);
    LayerDrop.Quotas quotas = drop.quotas(knowledge, NAME);
    if (quotas instanceof LayerDrop.Quotas.Found found) {
      int[] kept = found.perPicture(); // [pictures]
      long seed = request.wish().seed().orElse(DEFAULT_SEED);
      String reason = drop.reason(kept, "chance with seed " + seed);
      float[] scores = RandomScores.of(seed, request.pictureSizes());
      return new PlanDecision.Planned(
          PrunePlan.dropping(request, NAME, reason, drop.keep(kept), Ranking.GIVEN, scores));
    }
    return ((LayerDrop.Quotas.None) quotas).refusal();
  }
}
