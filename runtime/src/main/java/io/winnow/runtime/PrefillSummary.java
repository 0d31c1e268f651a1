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
 */
public record PrefillSummary(
    int[] entered,
    int[] visualEntered,
    List<int[]> survivors,
    List<Duration> segments,
    Duration queued,
    Duration total) {

  public PrefillSummary {
    survivors = List.copyOf(survivors);
    segments = List.copyOf(segments);
  }
}
