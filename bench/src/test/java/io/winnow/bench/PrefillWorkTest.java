package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PrefillWorkTest {

  @Test
  void countsProjectionsAttentionAndMlp() {
    PrefillWork work = new PrefillWork(10, 30);

    // 4 * 5 * 100 + 2 * 25 * 10 + 3 * 5 * 10 * 30
    assertThat(work.layer(5)).isEqualTo(2000 + 500 + 4500);
  }

  @Test
  void nothingPrunedIsOne() {
    assertThat(new PrefillWork(10, 30).share(new int[] {7, 7, 7}, 7)).isEqualTo(1);
  }

  @Test
  void matchesThePublishedWorkOfSevenBillionParameters() {
    // FitPrune's code counts 3.817e12 for 576 tokens in 32 layers of 4096 and 11008.
    assertThat(32 * new PrefillWork(4096, 11_008).layer(576)).isCloseTo(3.817e12, within(1e9));
  }
}
