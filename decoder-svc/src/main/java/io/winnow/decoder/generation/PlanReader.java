package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.generation.AnswerPlan.Selection;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.Plan;
import io.winnow.v1.Positions;
import io.winnow.v1.TokenSelection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Checks plans: a part that the model cannot honour is refused by name, never ignored. */
final class PlanReader {

  private final DecoderManifest decoder;
  private final int pictures;
  private final int tokensPerPicture;

  PlanReader(DecoderManifest decoder, int pictures, int tokensPerPicture) {
    this.decoder = decoder;
    this.pictures = pictures;
    this.tokensPerPicture = tokensPerPicture;
  }

  AnswerPlan read(Plan plan) throws RefusedPlanException {
    require(!plan.getMethod().isEmpty(), "method", "it is empty");
    require(
        plan.getFlopsRatio() > 0 && plan.getFlopsRatio() <= 1,
        "flops_ratio",
        plan.getFlopsRatio() + " is not above 0 and at most 1");
    List<Selection> selections = selections(plan);
    Optional<long[][]> keep = keep(plan, selections);
    Ranking ranking = ranking(plan, keep.isPresent() && ranks(keep.get(), selections));
    return new AnswerPlan(
        selections,
        keep,
        ranking,
        scores(plan, ranking, selections),
        observedSegments(plan),
        plan.getObserveImportance(),
        plan.getBlocking(),
        consecutive(plan),
        new Reduction(plan.getMethod(), plan.getFlopsRatio(), plan.getReason(), Optional.empty()));
  }

  private List<Selection> selections(Plan plan) throws RefusedPlanException {
    int count = plan.getFetchCount();
    require(
        count == 0 || count == pictures,
        "fetch",
        count + " selections for " + pictures + " pictures");
    List<Selection> selections = new ArrayList<>(pictures);
    for (int picture = 0; picture < pictures; picture++) {
      selections.add(
          count == 0
              ? Selection.all(tokensPerPicture)
              : selection(picture, plan.getFetch(picture)));
    }
    return selections;
  }

  private Selection selection(int picture, TokenSelection selection) throws RefusedPlanException {
    String part = "fetch[" + picture + "]";
    if (selection.getKindCase() == TokenSelection.KindCase.ALL) {
      require(selection.getAll(), part, "all is false");
      return Selection.all(tokensPerPicture);
    }
    require(selection.hasIndices(), part, "it selects nothing, not even none");
    int[] indices =
        selection.getIndices().getIndexList().stream().mapToInt(Integer::intValue).toArray();
    int previous = -1;
    for (int index : indices) {
      require(
          index > previous && index < tokensPerPicture,
          part,
          "index %d after %d; they must ascend and be below %d"
              .formatted(index, previous, tokensPerPicture));
      previous = index;
    }
    return new Selection(false, indices);
  }

  private Optional<long[][]> keep(Plan plan, List<Selection> selections)
      throws RefusedPlanException {
    if (plan.getKeepCount() == 0) {
      return Optional.empty();
    }
    int layers = decoder.getLayers();
    require(
        plan.getKeepCount() == layers * pictures,
        "keep",
        "%d numbers for %d layers and %d pictures"
            .formatted(plan.getKeepCount(), layers, pictures));
    long[][] keep = new long[layers][pictures];
    for (int layer = 0; layer < layers; layer++) {
      for (int picture = 0; picture < pictures; picture++) {
        int leaving = plan.getKeep(layer * pictures + picture);
        long entering = layer == 0 ? selections.get(picture).size() : keep[layer - 1][picture];
        require(
            leaving >= 0 && leaving <= entering,
            "keep",
            "%d tokens of picture %d leave layer %d, which %d enter"
                .formatted(leaving, picture, layer, entering));
        keep[layer][picture] = leaving;
      }
    }
    return Optional.of(keep);
  }

  /** Whether some layer drops a part of a picture: dropping all of it needs no ranking. */
  private static boolean ranks(long[][] keep, List<Selection> selections) {
    for (int layer = 0; layer < keep.length; layer++) {
      for (int picture = 0; picture < selections.size(); picture++) {
        long entering = layer == 0 ? selections.get(picture).size() : keep[layer - 1][picture];
        if (keep[layer][picture] > 0 && keep[layer][picture] < entering) {
          return true;
        }
      }
    }
    return false;
  }

  private static Ranking ranking(Plan plan, boolean needed) throws RefusedPlanException {
    return switch (plan.getRanking()) {
      case RANKING_FITPRUNE -> Ranking.FITPRUNE;
      case RANKING_FASTV -> Ranking.FASTV;
      case RANKING_GIVEN -> Ranking.GIVEN;
      case RANKING_UNSPECIFIED -> {
        require(!needed, "ranking", "tokens are dropped, but it is not specified");
        // A layer that drops everything ranks it all the same, and only given scores are for free.
        // Where importance is asked for, the score is a signal, and means attention.
        yield plan.getObserveImportance() ? Ranking.FITPRUNE : Ranking.GIVEN;
      }
      case UNRECOGNIZED -> throw unknown("ranking", plan.getRankingValue());
    };
  }

  /** The plan's scores; zeros where it gives none although the ranking takes them. */
  private static float[] scores(Plan plan, Ranking ranking, List<Selection> selections)
      throws RefusedPlanException {
    int fetched = selections.stream().mapToInt(Selection::size).sum();
    int expected = plan.getRanking() == io.winnow.v1.Ranking.RANKING_GIVEN ? fetched : 0;
    require(
        plan.getScoresCount() == expected,
        "scores",
        plan.getScoresCount() + " numbers where " + expected + " belong");
    float[] scores = new float[ranking == Ranking.GIVEN ? fetched : 0]; // [fetched tokens]
    for (int i = 0; i < expected; i++) {
      scores[i] = plan.getScores(i);
      require(Float.isFinite(scores[i]), "scores", "number " + i + " is " + scores[i]);
    }
    return scores;
  }

  private Set<Integer> observedSegments(Plan plan) throws RefusedPlanException {
    Set<Integer> segments = new HashSet<>();
    for (int segment : plan.getObserveSegmentsList()) {
      require(
          segment >= 0 && segment < decoder.getSegmentsCount() && segments.add(segment),
          "observe_segments",
          "segment %d; they must differ and be below %d"
              .formatted(segment, decoder.getSegmentsCount()));
    }
    return segments;
  }

  private static boolean consecutive(Plan plan) throws RefusedPlanException {
    if (plan.getPositions() == Positions.UNRECOGNIZED) {
      throw unknown("positions", plan.getPositionsValue());
    }
    return plan.getPositions() == Positions.POSITIONS_CONSECUTIVE;
  }

  private static void require(boolean condition, String part, String problem)
      throws RefusedPlanException {
    if (!condition) {
      throw new RefusedPlanException(
          "the pruner's plan cannot be honoured: " + part + ": " + problem);
    }
  }

  private static RefusedPlanException unknown(String part, int value) {
    return new RefusedPlanException(
        "the pruner's plan cannot be honoured: " + part + ": " + value + " is not known here");
  }

  /** The message names the part of the plan. */
  static final class RefusedPlanException extends Exception {

    private static final long serialVersionUID = 1L;

    RefusedPlanException(String message) {
      super(message);
    }
  }
}
