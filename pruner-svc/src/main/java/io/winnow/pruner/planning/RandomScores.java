package io.winnow.pruner.planning;

import java.util.Arrays;

/**
 * Scores from a counter-based generator, the one of docs/sampling.md, keyed by seed, picture and
 * token: a score depends on nothing else, so a picture keeps its scores when another is added
 * behind it.
 */
final class RandomScores {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private RandomScores() {}

  /**
   * Scores of all pictures' tokens.
   *
   * @param sizes tokens of each picture // [pictures]
   * @return in [0, 1), pictures in order // [tokens]
   */
  static float[] of(long seed, int[] sizes) {
    float[] scores = new float[Arrays.stream(sizes).sum()];
    int at = 0;
    for (int picture = 0; picture < sizes.length; picture++) {
      long key = mix(mix(seed) + GAMMA * (picture + 1L));
      for (int token = 0; token < sizes[picture]; token++) {
        scores[at++] = (mix(key + GAMMA * (token + 1L)) >>> 40) * 0x1.0p-24f;
      }
    }
    return scores;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
