package io.winnow.encoder.pictures;

import static java.util.Objects.requireNonNull;

import io.winnow.runtime.EncodedPicture;

/**
 * A picture as visual tokens in raster order.
 *
 * @param encoded tokens and saliency
 * @param rows of the token grid
 * @param columns of the token grid
 * @param pictureWidth of the picture, upright, in pixels
 * @param pictureHeight of the picture, upright, in pixels
 */
public record PictureTokens(
    EncodedPicture encoded, int rows, int columns, int pictureWidth, int pictureHeight) {

  public PictureTokens {
    requireNonNull(encoded, "encoded is null");
    if (rows * columns != encoded.tokens()) {
      throw new IllegalArgumentException(
          "a grid of " + rows + "x" + columns + " does not have " + encoded.tokens() + " tokens");
    }
  }

  /** Memory that the numbers take. */
  long bytes() {
    return (long) Float.BYTES * encoded.tokens() * (encoded.hiddenSize() + 1L);
  }
}
