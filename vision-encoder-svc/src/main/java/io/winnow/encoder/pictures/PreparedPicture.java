package io.winnow.encoder.pictures;

import java.nio.FloatBuffer;

/**
 * A picture that a vision tower can take.
 *
 * @param width of the picture, upright, before it was resized
 * @param height see width
 * @param pixelValues direct, position 0 // [3, height, width] of the tower
 */
public record PreparedPicture(int width, int height, FloatBuffer pixelValues) {}
