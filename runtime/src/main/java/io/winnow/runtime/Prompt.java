package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

import java.nio.FloatBuffer;

/**
 * A prompt with its visual tokens in place. The arrays and the buffer belong to the prompt from
 * then on.
 *
 * @param tokenIds one id per row, the image token's at visual rows // [tokens]
 * @param spans picture number of each row from 0 in prompt order, -1 for text // [tokens]
 * @param positions rotary position of each row, ascending // [tokens]
 * @param visualTokens rows for the visual places, in order; direct, position 0 // [visual tokens,
 *     hidden]
 * @param nextPosition position of the first generated token: the length of the unpruned prompt, or
 *     of the pruned one where survivors are numbered consecutively
 */
public record Prompt(
    long[] tokenIds, long[] spans, long[] positions, FloatBuffer visualTokens, long nextPosition) {

  public Prompt {
    requireNonNull(visualTokens, "visualTokens is null");
    if (tokenIds.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    if (spans.length != tokenIds.length || positions.length != tokenIds.length) {
      throw new IllegalArgumentException(
          "tokenIds, spans and positions differ in length: "
              + tokenIds.length
              + ", "
              + spans.length
              + ", "
              + positions.length);
    }
    if (spans[spans.length - 1] >= 0) {
      throw new IllegalArgumentException("the last row of a prompt must be text");
    }
  }

  /** Number of rows. */
  public int length() {
    return tokenIds.length;
  }

  /** Number of pictures that have at least one row. */
  public int pictures() {
    long last = -1;
    for (long span : spans) {
      last = Math.max(last, span);
    }
    return (int) (last + 1);
  }

  /** Number of visual rows. */
  public int visualRows() {
    int count = 0;
    for (long span : spans) {
      if (span >= 0) {
        count++;
      }
    }
    return count;
  }
}
