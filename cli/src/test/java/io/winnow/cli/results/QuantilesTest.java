package io.winnow.cli.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuantilesTest {

  @Test
  void interpolatesBetweenNeighboursInOrder() {
    assertThat(Quantiles.median(3, 1, 2)).isEqualTo(2);
    assertThat(Quantiles.median(4, 1, 2, 3)).isEqualTo(2.5);
    assertThat(Quantiles.at(0.25, 10, 0)).isCloseTo(2.5, within(1e-12));
    assertThat(Quantiles.at(0, 5, 7)).isEqualTo(5);
    assertThat(Quantiles.at(1, 5, 7)).isEqualTo(7);
    assertThat(Quantiles.at(0.9, 42)).isEqualTo(42);
  }

  @Test
  void leavesTheValuesAsTheyWere() {
    double[] values = {3, 1, 2};

    Quantiles.median(values);

    assertThat(values).containsExactly(3, 1, 2);
  }

  @Test
  void refusesToSummariseNothing() {
    assertThatThrownBy(Quantiles::median).isInstanceOf(IllegalArgumentException.class);
  }
}
