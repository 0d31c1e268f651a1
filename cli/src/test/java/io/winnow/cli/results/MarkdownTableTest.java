package io.winnow.cli.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MarkdownTableTest {

  @Test
  void columnsLineUp() {
    assertThat(new MarkdownTable("a", "long").row("wide cell", 1).row("x", "y").toString())
        .isEqualTo(
            """
            | a         | long |
            |-----------|------|
            | wide cell | 1    |
            | x         | y    |
            """);
  }

  @Test
  void refusesARowOfAnotherWidth() {
    assertThatThrownBy(() -> new MarkdownTable("a", "b").row("c"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void numbersLookTheSameEverywhere() {
    assertThat(MarkdownTable.decimals(2, 1234.567)).isEqualTo("1234.57");
  }
}
