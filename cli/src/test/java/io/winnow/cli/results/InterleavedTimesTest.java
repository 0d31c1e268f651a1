package io.winnow.cli.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class InterleavedTimesTest {

  @Test
  void takesTheMedianOfRatiosNotTheRatioOfMedians() {
    InterleavedTimes times = new InterleavedTimes();
    times.add(new double[] {10, 5});
    times.add(new double[] {100, 50}); // a slow moment, for both
    times.add(new double[] {10, 9});

    assertThat(times.medianRatio(1)).isEqualTo(0.5);
    assertThat(times.medianRatio(0)).isEqualTo(1);
    assertThat(times.medianMillis(1)).isEqualTo(9);
    assertThat(times.rounds()).isEqualTo(3);
  }

  @Test
  void refusesARoundOfAnotherSize() {
    InterleavedTimes times = new InterleavedTimes();
    times.add(new double[] {1, 2});

    assertThatThrownBy(() -> times.add(new double[] {1}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
