package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float16Test {

  @Test
  void givesEveryHalfBackAsItWas() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = Float16.toFloat((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(Float16.fromFloat(value)).isEqualTo((short) bits);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.00048828125, 1", // half way between 1 and the next half: to the even one
    "1.00146484375, 1.001953125", // half way, the even one is above
    "1.0004885, 1.0009765625", // just above half way
    "1e-9, 0",
    "3.0e-8, 5.9604645e-8", // above half of the smallest
    "2.9e-8, 0",
    "6.1e-5, 6.097555160522461e-5", // subnormal
    "2047.9, 2048", // carries into the exponent
    "65519.9, 65504",
    "70000, 65504", // finite stays finite
    "-70000, -65504"
  })
  void roundsToTheNearestHalf(float value, float expected) {
    assertThat(Float16.toFloat(Float16.fromFloat(value))).isEqualTo(expected);
  }

  @Test
  void keepsWhatIsNotANumber() {
    assertThat(Float16.toFloat(Float16.fromFloat(Float.NaN))).isNaN();
    assertThat(Float16.toFloat(Float16.fromFloat(Float.NEGATIVE_INFINITY)))
        .isEqualTo(Float.NEGATIVE_INFINITY);
  }
}
