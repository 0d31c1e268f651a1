package io.winnow.pruner.grpc;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.ExitQuestions;
import io.winnow.pruner.planning.ExitWatch.ExitVerdict;
import io.winnow.pruner.planning.ExitWish;
import io.winnow.pruner.planning.PictureTokens;
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
import io.winnow.v1.Ranking;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import io.winnow.v1.Verdict;
import io.winnow.v1.VisualTokenReduction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

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
        pictures(begin),
        segmentEnds(begin.getShape()),
        Optional.of(begin.getWeightsSha256()).filter(told -> !told.isEmpty()));
  }

  static DecideResponse planned(PrunePlan plan) {
    Plan.Builder message =
        Plan.newBuilder()
            .setMethod(plan.method())
            .setReason(plan.reason())
            .setRanking(ranking(plan))
            .setPositions(
                plan.consecutive() ? Positions.POSITIONS_CONSECUTIVE : Positions.POSITIONS_ORIGINAL)
            .setFlopsRatio(plan.flopsRatio());
    for (int[] selected : plan.fetch()) {
      message.addFetch(TokenSelection.newBuilder().setIndices(indices(selected)));
    }
    for (int[] layer : plan.keep()) {
      for (int leaving : layer) {
        message.addKeep(leaving);
      }
    }
    for (float score : plan.scores()) {
      message.addScores(score);
    }
    plan.questions().ifPresent(questions -> ask(message, questions));
    return DecideResponse.newBuilder().setPlan(message).build();
  }

  private static void ask(Plan.Builder message, ExitQuestions questions) {
    for (int segment : questions.segments()) {
      message.addObserveSegments(segment);
    }
    message.setBlocking(questions.blocking());
  }

  static DecideResponse verdict(int segment, ExitVerdict verdict) {
    return DecideResponse.newBuilder()
        .setVerdict(
            Verdict.newBuilder()
                .setSegment(segment)
                .setExit(verdict.exit())
                .setMargin(verdict.margin())
                .setThreshold(verdict.threshold()))
        .build();
  }

  private static TokenIndices.Builder indices(int[] selected) {
    TokenIndices.Builder indices = TokenIndices.newBuilder();
    for (int index : selected) {
      indices.addIndex(index);
    }
    return indices;
  }

  private static Ranking ranking(PrunePlan plan) {
    return switch (plan.ranking()) {
      case NONE -> Ranking.RANKING_UNSPECIFIED;
      case FITPRUNE -> Ranking.RANKING_FITPRUNE;
      case FASTV -> Ranking.RANKING_FASTV;
      case GIVEN -> Ranking.RANKING_GIVEN;
    };
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

  /** One segment where the shape tells none. */
  private static List<Integer> segmentEnds(DecoderShape shape) throws RefusedException {
    List<Integer> ends = shape.getSegmentEndsList();
    int previous = 0;
    for (int end : ends) {
      require(end > previous, "shape.segment_ends %s do not ascend".formatted(ends));
      previous = end;
    }
    require(
        ends.isEmpty() || previous == shape.getLayers(),
        "shape.segment_ends %s do not end with the %d layers".formatted(ends, shape.getLayers()));
    return ends.isEmpty() ? List.of(shape.getLayers()) : ends;
  }

  private static int textTokens(DecideBegin begin) throws RefusedException {
    int tokens = begin.getTextTokens();
    require(tokens >= 1 && tokens <= MAX_TOKENS, "text_tokens is " + tokens);
    return tokens;
  }

  private static List<PictureTokens> pictures(DecideBegin begin) throws RefusedException {
    long total = 0;
    for (PictureSignals picture : begin.getPicturesList()) {
      int tokens = picture.getLayout().getTokenCount();
      require(tokens >= 1, "a picture's layout.token_count is " + tokens);
      total += tokens;
    }
    require(total <= MAX_TOKENS, "the pictures have " + total + " visual tokens");
    List<PictureTokens> pictures = new ArrayList<>(begin.getPicturesCount());
    for (PictureSignals picture : begin.getPicturesList()) {
      pictures.add(
          new PictureTokens(
              picture.getLayout().getTokenCount(),
              SaliencyTensor.read(picture.getLayout()),
              detail(picture)));
    }
    return pictures;
  }

  private static PictureTokens.Detail detail(PictureSignals picture) throws RefusedException {
    return switch (picture.getDetail()) {
      case PICTURE_DETAIL_UNSPECIFIED, PICTURE_DETAIL_AUTO -> PictureTokens.Detail.AUTO;
      case PICTURE_DETAIL_LOW -> PictureTokens.Detail.LOW;
      case PICTURE_DETAIL_HIGH -> PictureTokens.Detail.HIGH;
      case UNRECOGNIZED ->
          throw new RefusedException(
              PrunerFailure.of(
                  Reason.INVALID_REQUEST, "picture detail is " + picture.getDetailValue()));
    };
  }

  private static ReductionWish wish(VisualTokenReduction reduction) throws RefusedException {
    return new ReductionWish(
        reduction.getMethod().isEmpty() ? ReductionWish.AUTO : reduction.getMethod(),
        budget(reduction),
        reduction.getLayer() == 0 ? OptionalInt.empty() : OptionalInt.of(reduction.getLayer()),
        reduction.hasSeed() ? OptionalLong.of(reduction.getSeed()) : OptionalLong.empty(),
        exit(reduction));
  }

  private static ExitWish exit(VisualTokenReduction reduction) {
    return new ExitWish(
        reduction.hasExitThreshold()
            ? OptionalDouble.of(reduction.getExitThreshold())
            : OptionalDouble.empty(),
        reduction.hasMinLayer() ? OptionalInt.of(reduction.getMinLayer()) : OptionalInt.empty(),
        reduction.getBlocking(),
        Optional.of(reduction.getWith()).filter(with -> !with.isEmpty()));
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

  static RefusedException violation(String problem) {
    return new RefusedException(PrunerFailure.of(Reason.PROTOCOL_VIOLATION, problem));
  }

  static void require(boolean condition, String problem) throws RefusedException {
    if (!condition) {
      throw new RefusedException(PrunerFailure.of(Reason.INVALID_REQUEST, problem));
    }
  }
}
