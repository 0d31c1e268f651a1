package io.winnow.encoder.pictures;

import java.nio.FloatBuffer;
import java.time.Duration;

/**
 * A picture that a vision tower can take.
 *
 * @param width of the picture, upright, before it was resized
 * @param height see width
 * @param pixelValues direct, position 0 // [3, height, width] of the tower
 * @param decode time in which the file was read
 */
public record PreparedPicture(int width, int height, FloatBuffer pixelValues, Duration decode) {

  /** A picture whose file took no time to read. */
  public PreparedPicture(int width, int height, FloatBuffer pixelValues) {
    this(width, height, pixelValues, Duration.ZERO);
  }
}
