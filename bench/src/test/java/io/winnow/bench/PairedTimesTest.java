package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PairedTimesTest {

  @Test
  void takesTheMedianOfDifferencesNotTheDifferenceOfMedians() {
    PairedTimes times = new PairedTimes();
    times.add(10, 11);
    times.add(20, 22);
    times.add(30, 90);

    assertThat(times.differenceQuantile(0.5)).isEqualTo(2);
    assertThat(times.secondQuantile(0.5) - times.firstQuantile(0.5)).isEqualTo(2);
    times.add(40, 41);
    assertThat(times.differenceQuantile(0.5)).isCloseTo(1.5, within(1e-9));
  }

  @Test
  void interpolatesBetweenNeighbours() {
    PairedTimes times = new PairedTimes();
    times.add(0, 0);
    times.add(10, 0);

    assertThat(times.firstQuantile(0.25)).isCloseTo(2.5, within(1e-9));
  }

  @Test
  void refusesToSummariseNothing() {
    assertThatThrownBy(() -> new PairedTimes().firstQuantile(0.5))
        .isInstanceOf(IllegalStateException.class);
  }
}
