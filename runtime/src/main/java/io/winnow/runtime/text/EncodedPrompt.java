package io.winnow.runtime.text;

import java.util.Arrays;

/**
 * A conversation as token ids, with one image token for each picture.
 *
 * @param ids token ids // [tokens]
 * @param picturePlaces indexes of the image tokens, ascending; the pictures are in conversation
 *     order // [pictures]
 */
public record EncodedPrompt(long[] ids, int[] picturePlaces) {

  /** Number of text tokens, special tokens included. */
  public int textTokens() {
    return ids.length - picturePlaces.length;
  }

  /** Number of pictures. */
  public int pictures() {
    return picturePlaces.length;
  }

  /**
   * The unpruned prompt: as many rows for each picture as it has visual tokens.
   *
   * @param tokensPerPicture visual tokens of each picture, at least 0 // [pictures]
   * @throws IllegalArgumentException if their number is not that of the pictures
   */
  public PromptRows expand(int... tokensPerPicture) {
    if (tokensPerPicture.length != picturePlaces.length) {
      throw new IllegalArgumentException(
          "there are "
              + picturePlaces.length
              + " pictures, but token counts for "
              + tokensPerPicture.length);
    }
    int rows = textTokens() + Arrays.stream(tokensPerPicture).sum();
    long[] tokenIds = new long[rows];
    long[] spans = new long[rows];
    int row = 0;
    int picture = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean visual = picture < picturePlaces.length && picturePlaces[picture] == i;
      int end = row + (visual ? tokensPerPicture[picture] : 1);
      Arrays.fill(tokenIds, row, end, ids[i]);
      Arrays.fill(spans, row, end, visual ? picture : -1);
      row = end;
      picture += visual ? 1 : 0;
    }
    long[] positions = new long[rows];
    Arrays.setAll(positions, i -> i);
    return new PromptRows(tokenIds, spans, positions);
  }
}
