package io.winnow.pruner.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PrefillMacsTest {

  private static final PrefillMacs LLAVA_7B =
      new PrefillMacs(new DecoderDimensions(32, 4096, 11008));

  @Test
  void countsALayerTermByTerm() {
    PrefillMacs macs = new PrefillMacs(new DecoderDimensions(1, 10, 100));

    // 4 * 3 * 100 + 2 * 9 * 10 + 3 * 3 * 10 * 100
    assertThat(macs.layer(3)).isEqualTo(1200 + 180 + 9000);
  }

  @Test
  void agreesWithThePublishedShareOfWithdrawalAtHalfDepth() {
    int[] entering = new int[32];
    Arrays.fill(entering, 0, 15, 576);

    assertThat(LLAVA_7B.remainingShare(60, 576, entering)).isCloseTo(0.52, within(0.005));
  }

  @Test
  void keepingEverythingIsExactlyOne() {
    int[] entering = new int[32];
    Arrays.fill(entering, 576);

    assertThat(LLAVA_7B.remainingShare(1, 576, entering)).isEqualTo(1);
  }

  @Test
  void staysExactWhereALongWouldOverflow() {
    PrefillMacs macs = new PrefillMacs(new DecoderDimensions(1, 65_536, 262_144));

    assertThat(macs.layer(1 << 24)).isPositive().isGreaterThan(Long.MAX_VALUE);
  }

  @Test
  void refusesCountsOfAnotherDepth() {
    assertThatThrownBy(() -> LLAVA_7B.remainingShare(1, 576, new int[31]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("31 counts for 32 layers");
  }

  @Property(tries = 200, seed = "20261121")
  void droppingMoreNeverCostsMore(
      @ForAll @IntRange(min = 1, max = 2000) int text,
      @ForAll @IntRange(min = 1, max = 3000) int visual,
      @ForAll @IntRange(min = 0, max = 3000) int kept,
      @ForAll @IntRange(min = 0, max = 31) int layer) {
    int[] all = new int[32];
    Arrays.fill(all, visual);
    int[] fewer = all.clone();
    Arrays.fill(fewer, layer, 32, Math.min(kept, visual));

    assertThat(LLAVA_7B.remainingShare(text, visual, fewer))
        .isPositive()
        .isLessThanOrEqualTo(LLAVA_7B.remainingShare(text, visual, all));
  }
}
