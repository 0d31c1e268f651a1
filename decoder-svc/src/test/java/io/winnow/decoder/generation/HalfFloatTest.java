package io.winnow.decoder.generation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfFloatTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0000",
    "-0.0, 8000",
    "1, 3c00",
    "-2, c000",
    "0.333251953125, 3555",
    "65504, 7bff",
    "65519.99, 7bff",
    "65520, 7c00",
    "-1e9, fc00",
    "6.103515625e-5, 0400",
    "5.9604645e-8, 0001",
    "2.9802322e-8, 0000",
    "2.9802326e-8, 0001",
    "6.1e-5, 03ff",
    "6.1035e-5, 0400",
    "1.00048828125, 3c00",
    "1.001464, 3c01",
    "1.00146484375, 3c02",
    "2047.75, 6800",
    "NaN, 7e00",
    "Infinity, 7c00"
  })
  void roundsToTheNearestHalf(float value, String bits) {
    assertThat(String.format("%04x", HalfFloat.of(value) & 0xffff)).isEqualTo(bits);
  }
}
