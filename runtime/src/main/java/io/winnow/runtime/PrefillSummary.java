package io.winnow.runtime;

import java.time.Duration;
import java.util.List;

/**
 * A finished prefill.
 *
 * @param entered rows that entered each layer, visual and text together: the layer's cache length
 *     // [layers]
 * @param visualEntered visual rows among them // [layers]
 * @param survivors which visual rows were left after each segment, an exit at its end included:
 *     their numbers among the prompt's visual rows, ascending; empty unless the plan {@link
 *     PrefillPlan#tracing() traces} // [segments][left]
 * @param segments wall time of each segment
 * @param queued time from start to the first segment
 * @param total first segment begun to last segment ended, decode steps of other generations in
 *     between included
 * @param runs each segment as it ran, for traces // [segments]; empty where the runtime cannot tell
 */
public record PrefillSummary(
    int[] entered,
    int[] visualEntered,
    List<int[]> survivors,
    List<Duration> segments,
    Duration queued,
    Duration total,
    List<SegmentRun> runs) {

  public PrefillSummary {
    survivors = List.copyOf(survivors);
    segments = List.copyOf(segments);
    runs = List.copyOf(runs);
  }

  /** A summary of a runtime that cannot tell how each segment ran. */
  public PrefillSummary(
      int[] entered,
      int[] visualEntered,
      List<int[]> survivors,
      List<Duration> segments,
      Duration queued,
      Duration total) {
    this(entered, visualEntered, survivors, segments, queued, total, List.of());
  }

  /**
   * A segment that ran. Rows withdrawn between two segments are missing from the later one's entry,
   * not from the earlier one's exit.
   *
   * @param begin time from the begin of the first segment
   * @param duration its wall time
   * @param rowsIn rows that entered it, visual and text together
   * @param visualIn visual rows among them
   * @param rowsOut rows that left it
   * @param visualOut visual rows among them
   */
  public record SegmentRun(
      Duration begin, Duration duration, int rowsIn, int visualIn, int rowsOut, int visualOut) {}
}
