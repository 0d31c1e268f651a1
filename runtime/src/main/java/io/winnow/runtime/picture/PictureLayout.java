package io.winnow.runtime.picture;

/**
 * What a file says about its picture before anything is decoded.
 *
 * @param width of the canvas, before orientation
 * @param height of the canvas
 * @param orientation how the canvas is to be turned
 * @param frame the first frame's place on the canvas
 * @param colours what the decoded samples mean
 * @param essence a file in the same format with nothing but that frame: no metadata, no profiles,
 *     no further frames
 */
record PictureLayout(
    int width, int height, Orientation orientation, Frame frame, Colours colours, byte[] essence) {

  /** A picture whose only frame is the canvas and whose decoder knows its colours. */
  static PictureLayout ofSingleFrame(
      int width, int height, Orientation orientation, byte[] essence) {
    return new PictureLayout(
        width, height, orientation, new Frame(0, 0, width, height), Colours.OF_MODEL, essence);
  }

  PictureLayout withColours(Colours colours) {
    return new PictureLayout(width, height, orientation, frame, colours, essence);
  }

  /** A rectangle on the canvas. */
  record Frame(int left, int top, int width, int height) {}

  /** Meanings of samples; four colours are stored inverted, as Adobe's programs do. */
  enum Colours {
    OF_MODEL,
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }
}
