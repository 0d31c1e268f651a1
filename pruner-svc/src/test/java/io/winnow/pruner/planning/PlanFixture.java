package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.PruneRecipe.FitPruneRecipe;
import io.winnow.pruner.planning.PruneRecipe.VtwRecipe;
import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.runtime.ExitGates;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Requests and recipes of a decoder of 8 layers, and what to read from decisions. */
final class PlanFixture {

  static final DecoderDimensions DECODER = new DecoderDimensions(8, 128, 352);
  static final int TEXT_TOKENS = 12;
  static final AutoSettings AUTO = new AutoSettings(0.98, 0.1, 1, 0.25);

  private PlanFixture() {}

  static PrunePlanner planner(PruneRecipe... recipes) {
    return planner(PrefillCosts.unmeasured(), recipes);
  }

  static PrunePlanner planner(PrefillCosts costs, PruneRecipe... recipes) {
    RecipeBook book = new RecipeBook(List.of(recipes));
    return PrunePlanner.withAllMethods(() -> book, costs, GateBook.empty(), AUTO);
  }

  /** A planner that has these gates for every model. */
  static PrunePlanner planner(ExitGates gates, PruneRecipe... recipes) {
    RecipeBook book = new RecipeBook(List.of(recipes));
    return PrunePlanner.withAllMethods(
        () -> book, PrefillCosts.unmeasured(), model -> Optional.of(gates), AUTO);
  }

  static PlanRequest request(ReductionWish wish, int... sizes) {
    return request(wish, DECODER, TEXT_TOKENS, sizes);
  }

  static PlanRequest request(
      ReductionWish wish, DecoderDimensions decoder, int textTokens, int... sizes) {
    return new PlanRequest(
        "demo",
        decoder,
        wish,
        textTokens,
        Arrays.stream(sizes).mapToObj(PlanFixture::picture).toList());
  }

  /** The same request to a decoder whose segments end after so many layers. */
  static PlanRequest inSegments(PlanRequest request, Integer... ends) {
    return new PlanRequest(
        request.model(),
        request.decoder(),
        request.wish(),
        request.textTokens(),
        request.pictures(),
        List.of(ends),
        request.weightsSha256());
  }

  /** A picture whose token i is the more salient the nearer i is to the middle. */
  static PictureTokens picture(int tokens) {
    float[] saliency = new float[tokens];
    for (int i = 0; i < tokens; i++) {
      saliency[i] = -Math.abs(i - tokens / 2f);
    }
    return new PictureTokens(tokens, Optional.of(saliency), Detail.AUTO);
  }

  static ReductionWish wish(String method) {
    return ReductionWish.of(method, Optional.empty());
  }

  static ReductionWish wish(String method, Budget budget) {
    return ReductionWish.of(method, Optional.of(budget));
  }

  static ReductionWish wishAt(String method, int layer) {
    return new ReductionWish(
        method, Optional.empty(), OptionalInt.of(layer), OptionalLong.empty(), ExitWish.NONE);
  }

  static ReductionWish seeded(ReductionWish wish, long seed) {
    return new ReductionWish(
        wish.method(), wish.budget(), wish.layer(), OptionalLong.of(seed), wish.exit());
  }

  static Budget flops(double ratio) {
    return new ReductionWish.FlopsRatio(ratio);
  }

  static Budget keep(double ratio) {
    return new ReductionWish.KeepRatio(ratio);
  }

  static Budget ttft(double millis) {
    return new ReductionWish.MaxTtftMillis(millis);
  }

  static FitPruneRecipe fitPrune(double ratio, int... deleted) {
    return fitPrune(ratio, OptionalDouble.empty(), deleted);
  }

  static FitPruneRecipe fitPrune(double ratio, OptionalDouble accuracy, int... deleted) {
    return new FitPruneRecipe("demo-fitprune-" + ratio, "demo", ratio, 576, deleted, accuracy);
  }

  static VtwRecipe vtw(int layer, OptionalDouble accuracy) {
    return new VtwRecipe("demo-vtw-" + layer, "demo", 8, layer / 8.0, layer, accuracy);
  }

  static PrunePlan plan(PlanDecision decision) {
    if (decision instanceof PlanDecision.Refused refused) {
      throw new AssertionError("refused: " + refused.failure());
    }
    return ((PlanDecision.Planned) decision).plan();
  }

  static PrunerFailure failure(PlanDecision decision) {
    if (decision instanceof PlanDecision.Planned planned) {
      throw new AssertionError("planned: " + planned.plan());
    }
    return ((PlanDecision.Refused) decision).failure();
  }

  /** The first picture's column of {@code keep}. */
  static int[] column(PrunePlan plan, int picture) {
    return Arrays.stream(plan.keep()).mapToInt(layer -> layer[picture]).toArray();
  }
}
