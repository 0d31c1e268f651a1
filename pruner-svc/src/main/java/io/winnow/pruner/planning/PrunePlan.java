package io.winnow.pruner.planning;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What to do with the visual tokens of a generation. Arrays are the plan's own and never changed.
 *
 * @param method the method in force; "none" keeps everything
 * @param reason why this method, in words for the caller
 * @param fetch tokens to fetch of each picture, ascending // [pictures][selected]; empty: all
 * @param keep visual tokens of each picture that leave each layer, non-increasing //
 *     [layers][pictures]; empty: every layer keeps everything
 * @param ranking how a layer that drops tokens ranks them
 * @param scores for {@link Ranking#GIVEN} one score per visual token // [visual tokens]; else empty
 * @param consecutive whether what was fetched is numbered without gaps
 * @param flopsRatio remaining share of the decoder prefill's MACs, in (0, 1]; with questions what
 *     remains if no answer is "exit"
 * @param questions what is asked on the way
 */
public record PrunePlan(
    String method,
    String reason,
    List<int[]> fetch,
    int[][] keep,
    Ranking ranking,
    float[] scores,
    boolean consecutive,
    double flopsRatio,
    Optional<ExitQuestions> questions) {

  private static final int[][] NO_LAYERS = {};
  private static final float[] NO_SCORES = {};

  public PrunePlan {
    fetch = List.copyOf(fetch);
  }

  /** Asks nothing on the way. */
  private PrunePlan(
      String method,
      String reason,
      List<int[]> fetch,
      int[][] keep,
      Ranking ranking,
      float[] scores,
      boolean consecutive) {
    this(
        method,
        reason,
        fetch,
        keep,
        ranking,
        scores,
        consecutive,
        /* flopsRatio= */ 1,
        Optional.empty());
  }

  /** Keeps every visual token. */
  static PrunePlan everything(String reason) {
    return new PrunePlan(
        NoPruning.NAME, reason, List.of(), NO_LAYERS, Ranking.NONE, NO_SCORES, false);
  }

  /** Drops tokens inside the decoder; positions stay the original ones. */
  static PrunePlan dropping(
      PlanRequest request, String method, String reason, int[][] keep, Ranking ranking) {
    return dropping(request, method, reason, keep, ranking, NO_SCORES);
  }

  /** As above, ranked by scores. */
  static PrunePlan dropping(
      PlanRequest request,
      String method,
      String reason,
      int[][] keep,
      Ranking ranking,
      float[] scores) {
    int[] sizes = request.pictureSizes();
    if (Arrays.equals(keep[keep.length - 1], sizes)) {
      return everything(reason + "; nothing to drop");
    }
    return new PrunePlan(method, reason, List.of(), keep, ranking, scores, false).counted(request);
  }

  /** Fetches a part of the tokens, which then stay in every layer. */
  static PrunePlan selecting(
      PlanRequest request, String method, String reason, List<int[]> fetch, boolean consecutive) {
    if (fetch.stream().mapToInt(selected -> selected.length).sum() == request.visualTokens()) {
      return everything(reason + "; nothing to drop");
    }
    return new PrunePlan(method, reason, fetch, NO_LAYERS, Ranking.NONE, NO_SCORES, consecutive)
        .counted(request);
  }

  PrunePlan withReason(String other) {
    return new PrunePlan(
        method, other, fetch, keep, ranking, scores, consecutive, flopsRatio, questions);
  }

  /** The same in the name of a method that asks on the way. */
  PrunePlan asking(String asker, String why, Optional<ExitQuestions> asked) {
    return new PrunePlan(asker, why, fetch, keep, ranking, scores, consecutive, flopsRatio, asked);
  }

  /** Visual tokens that enter each layer // [layers] */
  int[] entering(PlanRequest request) {
    int[] entering = new int[request.decoder().layers()];
    if (keep.length == 0) {
      Arrays.fill(
          entering,
          fetch.isEmpty()
              ? request.visualTokens()
              : fetch.stream().mapToInt(selected -> selected.length).sum());
      return entering;
    }
    entering[0] = request.visualTokens();
    for (int layer = 1; layer < entering.length; layer++) {
      entering[layer] = Arrays.stream(keep[layer - 1]).sum();
    }
    return entering;
  }

  private PrunePlan counted(PlanRequest request) {
    double share =
        request
            .macs()
            .remainingShare(request.textTokens(), request.visualTokens(), entering(request));
    return new PrunePlan(
        method, reason, fetch, keep, ranking, scores, consecutive, share, questions);
  }
}
