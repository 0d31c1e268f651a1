package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.Set;

/**
 * What happens to the visual tokens during the prefill.
 *
 * @param keep visual tokens of each picture that leave each layer, non-increasing with depth //
 *     [layers][pictures]; empty: every layer keeps everything
 * @param ranking how a layer that drops tokens ranks them
 * @param scores for {@link Ranking#GIVEN} one score per visual row; empty otherwise // [visual
 *     tokens]
 * @param observedSegments segments whose ends are reported
 * @param blocking whether the prefill waits there for {@link Generation#resume}
 * @param tracing whether {@link PrefillSummary#survivors()} is filled
 * @param importance whether {@link SegmentEnd#importance()} is filled, for which every observed
 *     segment computes an attention map
 */
public record PrefillPlan(
    Optional<long[][]> keep,
    Ranking ranking,
    float[] scores,
    Set<Integer> observedSegments,
    boolean blocking,
    boolean tracing,
    boolean importance) {

  /** A plan that tells the importance where it observes. */
  public PrefillPlan(
      Optional<long[][]> keep,
      Ranking ranking,
      float[] scores,
      Set<Integer> observedSegments,
      boolean blocking,
      boolean tracing) {
    this(keep, ranking, scores, observedSegments, blocking, tracing, true);
  }

  /** The same that does not trace the survivors. */
  public PrefillPlan(
      Optional<long[][]> keep,
      Ranking ranking,
      float[] scores,
      Set<Integer> observedSegments,
      boolean blocking) {
    this(keep, ranking, scores, observedSegments, blocking, false);
  }

  public PrefillPlan {
    requireNonNull(keep, "keep is null");
    requireNonNull(ranking, "ranking is null");
    observedSegments = Set.copyOf(observedSegments);
  }

  /** The plan that keeps every token and reports nothing. */
  public static PrefillPlan keepAll() {
    return new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(), false);
  }

  /** The same plan, with the survivors told or not. */
  public PrefillPlan withTracing(boolean traced) {
    return new PrefillPlan(keep, ranking, scores, observedSegments, blocking, traced, importance);
  }

  /** The same plan, with the importance told where it observes or not. */
  public PrefillPlan withImportance(boolean told) {
    return new PrefillPlan(keep, ranking, scores, observedSegments, blocking, tracing, told);
  }

  /** The same plan, without a segment end reported or waited at. */
  public PrefillPlan unobserved() {
    return new PrefillPlan(keep, ranking, scores, Set.of(), false, tracing, importance);
  }

  /** Ranking rules; the ordinals are the values of the graph's input {@code ranking}. */
  public enum Ranking {
    /** FitPrune (arXiv 2409.10197): head-maximum attention, self x cross. */
    FITPRUNE,
    /** FastV (arXiv 2403.06764): head-mean attention of the last prompt token. */
    FASTV,
    /** The plan's scores. */
    GIVEN
  }
}
