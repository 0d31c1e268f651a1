package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A plan that was checked against the model and the pictures.
 *
 * @param selections the tokens to fetch of each picture // [pictures]
 * @param keep visual tokens of each picture that leave each layer // [layers][pictures]; empty: all
 * @param ranking how layers rank what they drop
 * @param scores for {@link Ranking#GIVEN} one per fetched token; empty otherwise
 * @param observedSegments segments whose ends the pruner wants to see
 * @param importance whether it wants to see there what attention the visual tokens received
 * @param blocking whether the prefill waits there for its verdict
 * @param consecutive whether survivors of the selection are numbered anew
 * @param reduction what the plan says of itself: its method, the share that it expects, its reason
 */
record AnswerPlan(
    List<Selection> selections,
    Optional<long[][]> keep,
    Ranking ranking,
    float[] scores,
    Set<Integer> observedSegments,
    boolean importance,
    boolean blocking,
    boolean consecutive,
    Reduction reduction) {

  AnswerPlan {
    selections = List.copyOf(selections);
    observedSegments = Set.copyOf(observedSegments);
  }

  /** Keeps everything since there was no plan. */
  static AnswerPlan keepAll(int pictures, int tokensPerPicture, String reason) {
    PrefillPlan all = PrefillPlan.keepAll();
    return new AnswerPlan(
        Collections.nCopies(pictures, Selection.all(tokensPerPicture)),
        all.keep(),
        all.ranking(),
        all.scores(),
        all.observedSegments(),
        false,
        all.blocking(),
        false,
        new Reduction("none", 1, reason, Optional.empty()));
  }

  /** Tells that there is this plan. */
  AnswerEvent event(long at, boolean byPruner) {
    return new AnswerEvent.Planned(
        at,
        byPruner,
        reduction.method(),
        reduction.reason(),
        reduction.flopsRatio(),
        fetched(),
        observedSegments.size(),
        blocking);
  }

  /** Tokens to fetch, of all pictures. */
  int fetched() {
    return selections.stream().mapToInt(Selection::size).sum();
  }

  /** Visual tokens that enter each layer unless a verdict takes them out // [layers] */
  int[] entering(int layers) {
    int[] entering = new int[layers];
    Arrays.fill(entering, fetched());
    keep.ifPresent(
        all -> {
          for (int layer = 1; layer < layers; layer++) {
            entering[layer] = (int) Arrays.stream(all[layer - 1]).sum();
          }
        });
    return entering;
  }

  /**
   * The runtime's part. Pictures of which nothing was fetched have no rows, and so no column in
   * {@code keep}.
   */
  PrefillPlan prefill() {
    int[] present = // [pictures with rows]
        IntStream.range(0, selections.size())
            .filter(picture -> selections.get(picture).size() > 0)
            .toArray();
    Optional<long[][]> columns =
        keep.filter(all -> present.length > 0)
            .map(
                all ->
                    Arrays.stream(all)
                        .map(layer -> Arrays.stream(present).mapToLong(p -> layer[p]).toArray())
                        .toArray(long[][]::new));
    return new PrefillPlan(columns, ranking, scores, observedSegments, blocking)
        .withImportance(importance);
  }

  /**
   * Tokens of one picture.
   *
   * @param all whether it is every token
   * @param indices their numbers within the picture, ascending // [selected]
   */
  record Selection(boolean all, int[] indices) {

    static Selection all(int tokens) {
      return new Selection(true, IntStream.range(0, tokens).toArray());
    }

    int size() {
      return indices.length;
    }
  }
}
