package io.winnow.runtime.embedded;

import io.winnow.runtime.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Notes which visual rows of a prompt are left after each segment. Rows are known again by their
 * positions, which differ and travel with them through every gather.
 */
final class SurvivorTrace {

  private final long[] visualPositions; // [visual rows], ascending as the prompt's are
  private final List<int[]> segments = new ArrayList<>();

  SurvivorTrace(Prompt prompt) {
    this.visualPositions =
        IntStream.range(0, prompt.length())
            .filter(row -> prompt.spans()[row] >= 0)
            .mapToLong(row -> prompt.positions()[row])
            .toArray();
  }

  /**
   * Notes what is left after the next segment.
   *
   * @param positions of the rows // [rows]
   * @param spans of the rows, -1 for text // [rows]
   */
  void add(long[] positions, long[] spans) {
    segments.add(
        IntStream.range(0, positions.length)
            .filter(row -> spans[row] >= 0)
            .map(row -> Arrays.binarySearch(visualPositions, positions[row]))
            .toArray());
  }

  /** Numbers of the visual rows that were left // [segments][left]. */
  List<int[]> segments() {
    return List.copyOf(segments);
  }
}
