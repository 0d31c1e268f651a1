package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StratifiedSampleTest {

  private static final List<String> MARKS = List.of("", "?", ".");

  @Test
  void keepsTheSharesOfTypesAndMarks() {
    List<KnownQuestion> all = questions(60, 30);

    List<KnownQuestion> taken = StratifiedSample.take(all, 18);

    assertThat(taken).hasSize(18).doesNotHaveDuplicates().isSubsetOf(all);
    assertThat(counts(taken, KnownQuestion::type)).containsEntry("a", 12L).containsEntry("b", 6L);
    assertThat(counts(taken, question -> question.mark().label()))
        .allSatisfy((mark, count) -> assertThat(count).isEqualTo(6));
  }

  @Test
  void spreadsOverTheFile() {
    List<KnownQuestion> all = questions(90, 0);

    List<Integer> places = StratifiedSample.take(all, 9).stream().map(all::indexOf).toList();

    assertThat(places).isSorted();
    assertThat(places.get(0)).isLessThan(30);
    assertThat(places.get(8)).isGreaterThan(60);
  }

  @Test
  void takesExactlyAsManyAsAskedFor() {
    List<KnownQuestion> all = questions(41, 17);

    for (int limit = 1; limit <= all.size() + 2; limit++) {
      List<KnownQuestion> taken = StratifiedSample.take(all, limit);

      assertThat(taken).hasSize(Math.min(limit, all.size())).doesNotHaveDuplicates();
      double expected = 41.0 * taken.size() / all.size();
      long ofA = taken.stream().filter(question -> question.type().equals("a")).count();
      assertThat(ofA).isBetween((long) Math.floor(expected), (long) Math.ceil(expected));
    }
  }

  @Test
  void refusesToTakeNothing() {
    assertThatThrownBy(() -> StratifiedSample.take(questions(3, 3), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<KnownQuestion> questions(int ofA, int ofB) {
    List<KnownQuestion> questions = new ArrayList<>();
    for (int i = 0; i < ofA; i++) {
      questions.add(Samples.question("a", i + MARKS.get(i % 3), "x"));
    }
    for (int i = 0; i < ofB; i++) {
      questions.add(Samples.question("b", i + MARKS.get(i % 3), "x"));
    }
    return questions;
  }

  private static Map<String, Long> counts(
      List<KnownQuestion> questions, Function<KnownQuestion, String> key) {
    return questions.stream().collect(Collectors.groupingBy(key, Collectors.counting()));
  }
}
