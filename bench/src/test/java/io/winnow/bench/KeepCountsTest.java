package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.PrefillPlan;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeepCountsTest {

  private static final int TEXT = 60;
  private static final DecoderMacs MACS = new DecoderMacs(896, 4864);

  @ParameterizedTest
  @CsvSource({"24, 576, 1, 0.45", "24, 576, 5, 0.45", "32, 576, 1, 0.3", "8, 144, 2, 0.8"})
  void meetsTheBudgetClosely(int layers, int tokens, int pictures, double ratio) {
    KeepCounts counts = new KeepCounts(layers, tokens, pictures);

    long[][] keep = counts.fitPrune(MACS, TEXT, ratio).keep().orElseThrow();

    double share = KeepCounts.share(MACS, entered(keep, tokens, pictures));
    assertThat(share).isLessThanOrEqualTo(ratio).isCloseTo(ratio, within(0.02));
  }

  @Test
  void neverRisesWithDepthAndTreatsPicturesAlike() {
    long[][] keep = new KeepCounts(24, 576, 5).fitPrune(MACS, TEXT, 0.45).keep().orElseThrow();

    for (int layer = 1; layer < keep.length; layer++) {
      assertThat(keep[layer][0]).isBetween(0L, keep[layer - 1][0]);
      assertThat(Arrays.stream(keep[layer]).distinct().count()).isEqualTo(1);
    }
    assertThat(keep[0][0]).isGreaterThan(500); // gentle at first, as FitPrune's recipes are
  }

  @Test
  void withdrawsEverythingBeforeTheLayer() {
    PrefillPlan plan = new KeepCounts(6, 100, 2).withdraw(3);

    assertThat(plan.keep().orElseThrow())
        .isDeepEqualTo(new long[][] {{100, 100}, {100, 100}, {0, 0}, {0, 0}, {0, 0}, {0, 0}});
  }

  private static int[] entered(long[][] keep, int tokens, int pictures) {
    int[] entered = new int[keep.length];
    for (int layer = 0; layer < keep.length; layer++) {
      long perPicture = layer == 0 ? tokens : keep[layer - 1][0];
      entered[layer] = (int) (TEXT + pictures * perPicture);
    }
    return entered;
  }
}
