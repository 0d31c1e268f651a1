package io.winnow.pruner.planning;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Splits kept tokens among pictures. */
final class PictureQuotas {

  private PictureQuotas() {}

  /**
   * Splits a total in proportion to the pictures' sizes. What rounding down leaves goes to the
   * largest remainders, the earlier picture first, so the quotas add up to the total.
   *
   * @param total in [0, sum of sizes]
   * @return tokens of each picture, each at most its size // [pictures]
   */
  static int[] split(int total, int[] sizes) {
    long all = Arrays.stream(sizes).asLongStream().sum();
    if (total < 0 || total > all) {
      throw new IllegalArgumentException("%d of %d tokens".formatted(total, all));
    }
    int[] quotas = new int[sizes.length];
    int left = total;
    for (int picture = 0; picture < sizes.length; picture++) {
      quotas[picture] = (int) ((long) total * sizes[picture] / all);
      left -= quotas[picture];
    }
    IntStream.range(0, sizes.length)
        .boxed()
        .sorted(Comparator.comparingLong(picture -> -((long) total * sizes[picture] % all)))
        .limit(left)
        .forEach(picture -> quotas[picture]++);
    return quotas;
  }
}
