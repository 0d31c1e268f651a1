package io.winnow.runtime.picture;

/** Resampling filters, as Pillow and torchvision define them. */
enum Interpolation {
  NEAREST(0) {
    @Override
    double weight(double distance) {
      throw new UnsupportedOperationException("nearest picks pixels");
    }
  },
  BILINEAR(1) {
    @Override
    double weight(double distance) {
      double x = Math.abs(distance);
      return x < 1 ? 1 - x : 0;
    }
  },
  BICUBIC(2) {
    @Override
    double weight(double distance) {
      double a = -0.5;
      double x = Math.abs(distance);
      if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
  },
  LANCZOS(3) {
    @Override
    double weight(double distance) {
      return distance > -3 && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0;
    }
  };

  private final double support;

  Interpolation(double support) {
    this.support = support;
  }

  /** Largest distance with a weight. */
  double support() {
    return support;
  }

  /** Weight of a pixel at a distance, before normalisation. */
  abstract double weight(double distance);

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
}
