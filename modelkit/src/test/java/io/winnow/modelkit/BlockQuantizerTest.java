package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockQuantizerTest {

  private static final int BLOCK = 32;

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void givesBackWhatLiesOnTheGrid(int bits) {
    float[] row = new float[2 * BLOCK];
    int middle = 1 << bits - 1;
    for (int i = 0; i < row.length; i++) {
      row[i] = 0.5f * (i * 7 % (2 * middle) - middle);
    }
    row[3] = row[BLOCK + 3] = -0.5f * middle;
    for (int block = 0; block < 2; block++) {
      float[] held = held(bits, row, block);
      for (int i = 0; i < BLOCK; i++) {
        assertThat(held[i]).isEqualTo(row[block * BLOCK + i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void holdsZerosAsZeros(int bits) {
    assertThat(held(bits, new float[BLOCK], 0)).containsOnly(0f);
    float[] tiny = new float[BLOCK];
    tiny[5] = Float.MIN_VALUE;
    assertThat(held(bits, tiny, 0)).containsOnly(0f);
  }

  /** The number of largest magnitude takes the end of the range that reaches further. */
  @ParameterizedTest
  @ValueSource(floats = {3, -3})
  void reachesTheLargestNumberWhateverItsSign(float largest) {
    float[] row = new float[BLOCK];
    row[9] = largest;
    row[10] = -largest / 128;
    float[] held = held(8, row, 0);
    assertThat(held[9]).isEqualTo(largest);
    assertThat(held[10]).isEqualTo(-largest / 128);
  }

  @Test
  void searchesTheScaleThatLosesLeast() {
    Random random = new Random(5);
    double searched = 0;
    double full = 0;
    for (int n = 0; n < 200; n++) {
      float[] row = new float[BLOCK];
      float extreme = 0;
      for (int i = 0; i < BLOCK; i++) {
        row[i] = (float) random.nextGaussian();
        extreme = Math.abs(row[i]) > Math.abs(extreme) ? row[i] : extreme;
      }
      float[] held = held(4, row, 0);
      double own = 0;
      double plain = 0;
      for (int i = 0; i < BLOCK; i++) {
        own += Math.pow(held[i] - row[i], 2);
        float step = extreme / -8;
        float rounded = Math.min(7, Math.max(-8, (float) Math.rint(row[i] / step))) * step;
        plain += Math.pow(rounded - row[i], 2);
      }
      assertThat(own).isLessThanOrEqualTo(plain * 1.00001);
      searched += own;
      full += plain;
    }
    assertThat(searched).isLessThan(0.96 * full);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void refusesWhatIsNoNumber(float value) {
    float[] row = new float[BLOCK];
    row[1] = value;
    assertThatThrownBy(() -> held(8, row, 0))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("a weight is " + value);
  }

  private static float[] held(int bits, float[] row, int block) {
    BlockQuantizer quantizer = new BlockQuantizer(bits, BLOCK);
    byte[] packed = new byte[row.length / BLOCK * quantizer.blockBytes()];
    float scale = quantizer.quantize(row, block, packed);
    float[] held = new float[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      int at = block * quantizer.blockBytes() + i * bits / 8;
      int value = bits == 8 ? packed[at] & 0xff : (packed[at] & 0xff) >> i % 2 * 4 & 0xf;
      held[i] = (value - (1 << bits - 1)) * scale;
    }
    return held;
  }
}
