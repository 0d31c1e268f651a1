package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.RuntimeFailure.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may be done elsewhere, and what would fail there too. */
class TritonFailuresTest {

  @ParameterizedTest
  @CsvSource({
    "RESOURCE_EXHAUSTED, RESOURCE_EXHAUSTED",
    "CANCELLED, CANCELLED",
    "UNAVAILABLE, UNAVAILABLE",
    "INVALID_ARGUMENT, INTERNAL",
    "INTERNAL, INTERNAL",
    "A_KIND_OF_THE_FUTURE, INTERNAL"
  })
  void theModelsOwnKindsAreTaken(String kind, Kind expected) {
    assertThat(TritonFailures.told("host:1", kind, "unexpected shape, unavailable").kind())
        .isEqualTo(expected);
  }

  @Test
  void aRefusalInWordsMeansThatTheModelIsNotThereWhateverTheWords() {
    assertThat(TritonFailures.refused("host:1", "demo-decoder", "unexpected shape").kind())
        .isEqualTo(Kind.UNAVAILABLE);
  }
}
