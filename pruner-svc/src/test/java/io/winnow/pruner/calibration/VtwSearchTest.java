package io.winnow.pruner.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class VtwSearchTest {

  private static final int LAYERS = 8;
  private final FakeRuns runs = new FakeRuns(LAYERS, new int[] {4, 4}, 1);

  @Test
  void divergesByTheDefinition() {
    float[] q = {0, (float) Math.log(3)}; // 1/4, 3/4
    float[] p = {5, 5}; // 1/2, 1/2
    double expected = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);

    assertThat(VtwSearch.divergence(q, p)).isCloseTo(expected, within(1e-6));
    assertThat(VtwSearch.divergence(p, q))
        .isCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3.0), within(1e-6));
    assertThat(VtwSearch.divergence(q, q)).isZero();
    assertThat(VtwSearch.divergence(new float[] {0, -1e9f}, new float[] {0, 0}))
        .isCloseTo(Math.log(2), within(1e-9));
  }

  @Test
  void triesTheSameShareOfLayersAsThePaper() {
    assertThat(VtwSearch.firstCandidate(32)).isEqualTo(5);
    assertThat(VtwSearch.firstCandidate(40)).isEqualTo(6);
    assertThat(VtwSearch.firstCandidate(8)).isEqualTo(1);
    assertThat(VtwSearch.firstCandidate(2)).isEqualTo(1);
  }

  @Test
  void takesTheFirstLayerWithinTheThreshold() throws InterruptedException {
    VtwSearch.Found all = search(1);
    assertThat(all.candidates()).containsExactly(1, 2, 3, 4, 5, 6, 7);
    assertThat(all.divergences()).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(all.withdrawLayer()).isEqualTo(1);

    for (int index = 0; index < 7; index++) {
      assertThat(search(all.divergences()[index]).withdrawLayer()).isEqualTo(index + 1);
    }
  }

  @Test
  void withdrawsNeverIfNoLayerWillDo() throws InterruptedException {
    assertThat(search(1e-9).withdrawLayer()).isEqualTo(LAYERS);
  }

  @Test
  void asksForAsManyTokensAsWanted() throws InterruptedException {
    new VtwSearch(runs, (phase, done, total) -> {}, runs.samples(), LAYERS).search(0.1, 3);

    assertThat(runs.asked)
        .containsExactly("answer 0 [1, 2, 3, 4, 5, 6, 7] 3", "answer 1 [1, 2, 3, 4, 5, 6, 7] 3");
  }

  private VtwSearch.Found search(double threshold) throws InterruptedException {
    return new VtwSearch(runs, (phase, done, total) -> {}, runs.samples(), LAYERS)
        .search(threshold, 1);
  }
}
