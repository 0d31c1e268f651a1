package io.winnow.pruner.grpc;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PlanRequest;
import io.winnow.pruner.planning.PrunePlan;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.ReductionWish;
import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.PictureSignals;
import io.winnow.v1.Plan;
import io.winnow.v1.Positions;
import io.winnow.v1.VisualTokenReduction;
import java.util.Optional;

/** Translates between the wire and planning. */
final class DecideMessages {

  /** Above this a count is a mistake: no context is that long. */
  private static final int MAX_TOKENS = 1 << 24;

  private static final int MAX_LAYERS = 4096;

  private DecideMessages() {}

  /** Reads what a plan is made from. */
  static PlanRequest planRequest(DecideBegin begin) throws RefusedException {
    require(!begin.getModel().isEmpty(), "model is empty");
    return new PlanRequest(
        begin.getModel(),
        dimensions(begin.getShape()),
        wish(begin.getReduction()),
        textTokens(begin),
        visualTokens(begin));
  }

  static DecideResponse planned(PrunePlan plan) {
    return DecideResponse.newBuilder()
        .setPlan(
            Plan.newBuilder()
                .setMethod(plan.method())
                .setReason(plan.reason())
                .setPositions(Positions.POSITIONS_ORIGINAL)
                .setFlopsRatio(plan.flopsRatio()))
        .build();
  }

  private static DecoderDimensions dimensions(DecoderShape shape) throws RefusedException {
    require(
        shape.getLayers() >= 1 && shape.getLayers() <= MAX_LAYERS,
        "shape.layers is " + shape.getLayers());
    require(
        shape.getHiddenSize() >= 1 && shape.getIntermediateSize() >= 1,
        "shape.hidden_size and shape.intermediate_size must be positive");
    return new DecoderDimensions(
        shape.getLayers(), shape.getHiddenSize(), shape.getIntermediateSize());
  }

  private static int textTokens(DecideBegin begin) throws RefusedException {
    int tokens = begin.getTextTokens();
    require(tokens >= 1 && tokens <= MAX_TOKENS, "text_tokens is " + tokens);
    return tokens;
  }

  private static int visualTokens(DecideBegin begin) throws RefusedException {
    long total = 0;
    for (PictureSignals picture : begin.getPicturesList()) {
      int tokens = picture.getLayout().getTokenCount();
      require(tokens >= 1, "a picture's layout.token_count is " + tokens);
      total += tokens;
    }
    require(total <= MAX_TOKENS, "the pictures have " + total + " visual tokens");
    return (int) total;
  }

  private static ReductionWish wish(VisualTokenReduction reduction) throws RefusedException {
    String method = reduction.getMethod().isEmpty() ? ReductionWish.AUTO : reduction.getMethod();
    return new ReductionWish(method, budget(reduction));
  }

  private static Optional<Budget> budget(VisualTokenReduction reduction) throws RefusedException {
    return switch (reduction.getBudgetCase()) {
      case FLOPS_RATIO ->
          Optional.of(
              new ReductionWish.FlopsRatio(share("flops_ratio", reduction.getFlopsRatio())));
      case KEEP_RATIO ->
          Optional.of(new ReductionWish.KeepRatio(share("keep_ratio", reduction.getKeepRatio())));
      case MAX_TTFT_MILLIS ->
          Optional.of(new ReductionWish.MaxTtftMillis(millis(reduction.getMaxTtftMillis())));
      case BUDGET_NOT_SET -> Optional.empty();
    };
  }

  private static double share(String field, double value) throws RefusedException {
    if (value > 0 && value <= 1) {
      return value;
    }
    throw outOfRange(field, value, "must be above 0 and at most 1");
  }

  private static double millis(double value) throws RefusedException {
    if (value > 0 && Double.isFinite(value)) {
      return value;
    }
    throw outOfRange("max_ttft_ms", value, "must be above 0");
  }

  private static RefusedException outOfRange(String field, double value, String range) {
    return new RefusedException(
        PrunerFailure.of(
            Reason.INVALID_REQUEST,
            "%s %s, not %s".formatted(field, range, value),
            "visual_token_reduction." + field));
  }

  private static void require(boolean condition, String problem) throws RefusedException {
    if (!condition) {
      throw new RefusedException(PrunerFailure.of(Reason.INVALID_REQUEST, problem));
    }
  }

  /** A message that cannot be translated. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient PrunerFailure failure;

    RefusedException(PrunerFailure failure) {
      super(failure.message());
      this.failure = failure;
    }

    PrunerFailure failure() {
      return failure;
    }
  }
}
