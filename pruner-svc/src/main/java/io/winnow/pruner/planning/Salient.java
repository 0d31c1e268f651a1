package io.winnow.pruner.planning;

import java.util.Arrays;

/** Finds the tokens of the highest saliency. */
final class Salient {

  private Salient() {}

  /**
   * The most salient tokens, ties to the lower index.
   *
   * @param saliency finite // [tokens]
   * @param count in [0, tokens]
   * @return their indices, ascending // [count]
   */
  static int[] most(float[] saliency, int count) {
    long[] keyed = new long[saliency.length]; // order-preserving bits above, index below
    for (int token = 0; token < keyed.length; token++) {
      keyed[token] = ((long) -sortable(saliency[token]) << 32) | token;
    }
    Arrays.sort(keyed);
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      indices[i] = (int) keyed[i];
    }
    Arrays.sort(indices);
    return indices;
  }

  /** An int that orders as the float does; adding 0 makes one zero of two. */
  private static int sortable(float value) {
    int bits = Float.floatToIntBits(value + 0.0f);
    return bits >= 0 ? bits : -(bits & 0x7FFFFFFF);
  }
}
