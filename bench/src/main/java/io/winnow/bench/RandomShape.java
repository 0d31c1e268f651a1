package io.winnow.bench;

import java.util.Locale;

/** Shapes of the random model that {@code bench} measures. */
enum RandomShape {
  /** Half a billion parameters. */
  HALF(RandomLlava.Shape.HALF_BILLION),
  /** Some millions: to try the bench itself. */
  SMALL(
      new RandomLlava.Shape(
          6, 256, 704, 4, 2, 2000, 4096, true, new RandomLlava.Tower(4, 128, 256, 4, 192, 8)));

  private final RandomLlava.Shape shape;

  RandomShape(RandomLlava.Shape shape) {
    this.shape = shape;
  }

  RandomLlava.Shape shape() {
    return shape;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
