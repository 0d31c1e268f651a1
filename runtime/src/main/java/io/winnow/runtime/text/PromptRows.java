package io.winnow.runtime.text;

import io.winnow.runtime.Prompt;
import java.nio.FloatBuffer;

/**
 * The rows of an unpruned prompt: {@link Prompt} without the visual tokens.
 *
 * @param tokenIds one id per row, the image token's at visual rows // [rows]
 * @param spans picture number of each row, -1 for text // [rows]
 * @param positions the row numbers // [rows]
 */
public record PromptRows(long[] tokenIds, long[] spans, long[] positions) {

  /** Number of rows. */
  public int length() {
    return tokenIds.length;
  }

  /** The first row of a picture; -1 if it has none. */
  public int firstRow(int picture) {
    for (int row = 0; row < spans.length; row++) {
      if (spans[row] == picture) {
        return row;
      }
    }
    return -1;
  }

  /**
   * The prompt with its visual tokens, all pictures in order.
   *
   * @param visualTokens belongs to the prompt from then on // [visual tokens, hidden]
   */
  public Prompt withVisualTokens(FloatBuffer visualTokens) {
    return new Prompt(tokenIds, spans, positions, visualTokens, length());
  }
}
