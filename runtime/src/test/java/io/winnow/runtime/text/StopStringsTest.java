package io.winnow.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class StopStringsTest {

  @Test
  void holdsBackWhatMayBeginAStopString() {
    StopStrings stops = new StopStrings(List.of("END", "ENOUGH"));
    assertThat(stops.accept("the E")).isEqualTo("the ");
    assertThat(stops.accept("N")).isEmpty();
    assertThat(stops.accept("x EN")).isEqualTo("ENx ");
    assertThat(stops.accept("D of")).isEmpty();
    assertThat(stops.stopped()).isTrue();
    assertThat(stops.accept("more")).isEmpty();
    assertThat(stops.flush()).isEmpty();
  }

  @Test
  void givesTheRestAtTheEnd() {
    StopStrings stops = new StopStrings(List.of("END"));
    assertThat(stops.accept("the EN")).isEqualTo("the ");
    assertThat(stops.flush()).isEqualTo("EN");
    assertThat(stops.stopped()).isFalse();
  }

  @Test
  void refusesAnEmptyStopString() {
    assertThatThrownBy(() -> new StopStrings(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(seed = "20240607")
  void cutsWhereTheFirstStopStringIsCompleteHoweverTheTextComes(
      @ForAll("pieces") List<String> pieces, @ForAll("stopStrings") List<String> stops) {
    StopStrings stream = new StopStrings(stops);
    StringBuilder shown = new StringBuilder();
    for (String piece : pieces) {
      shown.append(stream.accept(piece));
    }
    shown.append(stream.flush());
    String text = String.join("", pieces);
    int cut = firstStop(text, stops);
    assertThat(shown.toString()).isEqualTo(cut < 0 ? text : text.substring(0, cut));
    assertThat(stream.stopped()).isEqualTo(cut >= 0);
  }

  /** The definition, word for word: the shortest prefix that ends with a stop string. */
  private static int firstStop(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String prefix = text.substring(0, end);
      int longest =
          stops.stream().filter(prefix::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return end - longest;
      }
    }
    return -1;
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    return Arbitraries.strings().withChars("abc").ofMaxLength(5).list().ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<String>> stopStrings() {
    return Arbitraries.strings().withChars("abc").ofMinLength(2).ofMaxLength(6).list().ofMaxSize(3);
  }
}
