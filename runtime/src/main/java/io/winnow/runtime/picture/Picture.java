package io.winnow.runtime.picture;

import static java.util.Objects.requireNonNull;

/**
 * Decoded pixels, upright.
 *
 * @param width in pixels
 * @param height in pixels
 * @param rgb belongs to the picture // [height, width, 3]
 */
public record Picture(int width, int height, byte[] rgb) {

  public Picture {
    requireNonNull(rgb, "rgb is null");
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + "x" + height + " pixels do not have " + rgb.length + " bytes");
    }
  }
}
