package io.winnow.cli.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScaleTest {

  @Test
  void mapsTheEndsAndTheMiddle() {
    Scale upwards = new Scale(0, 1, 200, 100);

    assertThat(upwards.at(0)).isEqualTo(200);
    assertThat(upwards.at(1)).isEqualTo(100);
    assertThat(upwards.at(0.25)).isCloseTo(175, within(1e-9));
  }

  @Test
  void keepsWhatLiesBeyondOnTheAxis() {
    Scale scale = new Scale(0, 1, 0, 100);

    assertThat(scale.at(1.3)).isEqualTo(100);
    assertThat(scale.at(-2)).isEqualTo(0);
  }

  @Test
  void ticksAreRoundAndIncludeBothEnds() {
    assertThat(new Scale(0, 1, 0, 100).ticks(4)).containsExactly(0.0, 0.25, 0.5, 0.75, 1.0);
    assertThat(new Scale(0, 1.2, 0, 100).ticks(6))
        .hasSize(7)
        .last()
        .satisfies(tick -> assertThat(tick).isCloseTo(1.2, within(1e-9)));
    assertThat(new Scale(0, 70, 0, 100).ticks(5)).containsExactly(0.0, 20.0, 40.0, 60.0);
  }

  @Test
  void refusesAnAxisWithoutLength() {
    assertThatThrownBy(() -> new Scale(1, 1, 0, 100)).isInstanceOf(IllegalArgumentException.class);
  }
}
