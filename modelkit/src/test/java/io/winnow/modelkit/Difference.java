package io.winnow.modelkit;

/** The largest distance between two vectors, relative to the largest number in the expected one. */
final class Difference {

  private Difference() {}

  static double relative(float[] actual, float[] expected) {
    if (actual.length != expected.length) {
      throw new AssertionError(actual.length + " numbers, expected " + expected.length);
    }
    double largest = 0;
    double distance = 0;
    for (int i = 0; i < expected.length; i++) {
      if (!Float.isFinite(actual[i])) {
        throw new AssertionError("number " + i + " is " + actual[i]);
      }
      largest = Math.max(largest, Math.abs(expected[i]));
      distance = Math.max(distance, Math.abs(actual[i] - expected[i]));
    }
    return largest == 0 ? distance : distance / largest;
  }
}
