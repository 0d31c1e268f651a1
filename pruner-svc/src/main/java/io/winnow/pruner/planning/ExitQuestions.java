package io.winnow.pruner.planning;

import io.winnow.runtime.ExitGates;

/**
 * What a plan asks on the way: whether the visual tokens may go. Arrays are the plan's own and
 * never changed.
 *
 * @param gates the model's
 * @param segments segments at whose ends it is asked, ascending // [asked]
 * @param layers the last layer of each, which has a gate // [asked]
 * @param alive visual tokens that leave each of those layers by the plan, at least 1 // [asked]
 * @param threshold the gate margin above which they go
 * @param blocking whether the prefill waits for the answer
 */
public record ExitQuestions(
    ExitGates gates, int[] segments, int[] layers, int[] alive, float threshold, boolean blocking) {

  /** How many questions there are at most. */
  int count() {
    return segments.length;
  }

  /** Answers those of one generation. */
  public ExitWatch watch() {
    return new ExitWatch(this);
  }
}
