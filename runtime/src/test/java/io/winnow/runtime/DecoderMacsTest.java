package io.winnow.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DecoderMacsTest {

  @Test
  void countsALayerTermByTerm() {
    // n = 3, d = 2, m = 5: 4 * 3 * 4 + 2 * 9 * 2 + 3 * 3 * 2 * 5
    assertThat(new DecoderMacs(2, 5).layer(3)).isEqualTo(48 + 36 + 90);
  }

  @Test
  void addsTheLayersUp() {
    DecoderMacs macs = new DecoderMacs(2, 5);

    assertThat(macs.total(new int[] {3, 0, 1})).isEqualTo(174 + 16 + 4 + 30);
  }

  @Test
  void doesNotOverflow() {
    assertThat(new DecoderMacs(8192, 28672).layer(1 << 20)).isGreaterThan(1e16);
  }
}
