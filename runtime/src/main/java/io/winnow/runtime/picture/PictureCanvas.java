package io.winnow.runtime.picture;

import java.util.List;

/**
 * What is resized: a picture, or a picture on the middle of a square of one colour. Gives its rows
 * one by one, so that the square's pixels are never all there. Not thread-safe.
 */
final class PictureCanvas {

  /** Longest edge of a picture that is laid on a square. */
  static final int MAX_SQUARE_EDGE = 1 << 14;

  private static final int CHANNELS = 3;

  private final Picture picture;
  private final int width;
  private final int height;
  private final byte[] empty; // a row of the square without the picture, or none // [width, 3]
  private final byte[] line; // a row with the picture in it // [width, 3]

  /**
   * Plans the rows.
   *
   * @param background red, green and blue of the square, or nothing
   * @throws PictureException if the square would be too large
   */
  PictureCanvas(Picture picture, List<Integer> background) {
    this.picture = picture;
    int edge = Math.max(picture.width(), picture.height());
    boolean square = !background.isEmpty() && picture.width() != picture.height();
    if (square && edge > MAX_SQUARE_EDGE) {
      throw new PictureException(
          PictureException.Kind.TOO_LARGE,
          "the picture has %dx%d pixels, and this model takes at most %d along an edge: scale it down"
              .formatted(picture.width(), picture.height(), MAX_SQUARE_EDGE));
    }
    this.width = square ? edge : picture.width();
    this.height = square ? edge : picture.height();
    this.empty = new byte[square ? CHANNELS * edge : 0];
    for (int i = 0; i < empty.length; i++) {
      empty[i] = background.get(i % CHANNELS).byteValue();
    }
    this.line = empty.clone();
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  /** What holds a row's samples, from {@link #origin} on; good until the next call. */
  byte[] samples(int row) {
    if (empty.length == 0) {
      return picture.rgb();
    }
    int inside = row - (height - picture.height()) / 2;
    if (inside < 0 || inside >= picture.height()) {
      return empty;
    }
    int bytes = CHANNELS * picture.width();
    int left = CHANNELS * ((width - picture.width()) / 2);
    System.arraycopy(picture.rgb(), inside * bytes, line, left, bytes);
    return line;
  }

  /** Index of a row's first sample. */
  int origin(int row) {
    return empty.length == 0 ? row * width * CHANNELS : 0;
  }
}
