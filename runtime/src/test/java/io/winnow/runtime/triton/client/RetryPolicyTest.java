package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

  private static final long HOUR = Duration.ofHours(1).toNanos();

  @Test
  void doublesThePauseUpToItsBound() {
    RetryPolicy policy =
        new RetryPolicy(
            new RetrySettings(9, Duration.ofMillis(20), Duration.ofMillis(50), 0, 10), () -> 0.5);
    assertThat(policy.pauseBeforeRepetition(1, HOUR)).hasValue(15_000_000);
    assertThat(policy.pauseBeforeRepetition(2, HOUR)).hasValue(30_000_000);
    assertThat(policy.pauseBeforeRepetition(3, HOUR)).hasValue(37_500_000);
    assertThat(policy.pauseBeforeRepetition(4, HOUR)).hasValue(37_500_000);
  }

  @Test
  void repeatsNothingAfterTheLastAttemptOrPastTheDeadline() {
    RetryPolicy policy =
        new RetryPolicy(
            new RetrySettings(2, Duration.ofMillis(20), Duration.ofSeconds(1), 0, 10), () -> 0);
    assertThat(policy.pauseBeforeRepetition(2, HOUR)).isEmpty();
    assertThat(policy.pauseBeforeRepetition(1, 10_000_000)).isEmpty();
    assertThat(policy.pauseBeforeRepetition(1, 10_000_001)).hasValue(10_000_000);
  }

  @Property
  void neverRepeatsMoreThanTheBudget(
      @ForAll @Size(max = 300) List<Boolean> failing,
      @ForAll @IntRange(min = 0, max = 10) int limit) {
    RetryPolicy policy =
        new RetryPolicy(
            new RetrySettings(100, Duration.ZERO, Duration.ofMillis(1), 0.1, limit), () -> 0);
    int calls = 0;
    int repetitions = 0;
    for (boolean fails : failing) {
      policy.onCall();
      calls++;
      for (int attempt = 1; fails && attempt < 20; attempt++) {
        repetitions += policy.pauseBeforeRepetition(attempt, HOUR).isPresent() ? 1 : 0;
      }
      assertThat((double) repetitions).isLessThanOrEqualTo(limit + 0.1 * calls + 1e-9);
    }
  }
}
