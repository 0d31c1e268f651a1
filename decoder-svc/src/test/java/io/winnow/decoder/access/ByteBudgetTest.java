package io.winnow.decoder.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ByteBudgetTest {

  @Test
  void boundsWhatAllLeasesHold() {
    ByteBudget budget = new ByteBudget(10);
    ByteBudget.Lease one = budget.lease();
    ByteBudget.Lease other = budget.lease();

    assertThat(one.reserve(6)).isTrue();
    assertThat(other.reserve(5)).isFalse();
    assertThat(other.reserve(4)).isTrue();
    one.close();
    one.close();

    assertThat(budget.free()).isEqualTo(6);
    assertThat(one.reserve(1)).isFalse();
  }
}
