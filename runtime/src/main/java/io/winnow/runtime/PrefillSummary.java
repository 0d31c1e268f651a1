package io.winnow.runtime;

import java.time.Duration;
import java.util.List;

/**
 * A finished prefill.
 *
 * @param entered rows that entered each layer, visual and text together: the layer's cache length
 *     // [layers]
 * @param visualEntered visual rows among them // [layers]
 * @param segments wall time of each segment
 * @param queued time from start to the first segment
 * @param total first segment begun to last segment ended, decode steps of other generations in
 *     between included
 */
public record PrefillSummary(
    int[] entered, int[] visualEntered, List<Duration> segments, Duration queued, Duration total) {

  public PrefillSummary {
    segments = List.copyOf(segments);
  }
}
