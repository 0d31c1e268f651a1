package io.winnow.cli.evaluate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Some of the questions, so that every type, and within it every closing mark, has the same share
 * as in all of them. Without chance: the chosen ones of a kind are evenly spread over the file.
 */
public final class StratifiedSample {

  private StratifiedSample() {}

  /**
   * Takes {@code limit} questions, or all if there are no more, in the order of the file.
   *
   * @param limit at least 1
   */
  public static List<KnownQuestion> take(List<KnownQuestion> questions, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ", must be at least 1");
    }
    if (limit >= questions.size()) {
      return List.copyOf(questions);
    }
    List<Integer> taken = new ArrayList<>();
    int passed = 0;
    for (List<Integer> alike : placesByKind(questions)) {
      // Cumulative rounding: the quotas add up to the limit, and none is off by one or more.
      int count = quota(passed + alike.size(), limit, questions) - quota(passed, limit, questions);
      passed += alike.size();
      for (int i = 0; i < count; i++) {
        taken.add(alike.get((int) ((2L * i + 1) * alike.size() / (2L * count))));
      }
    }
    return taken.stream().sorted().map(questions::get).toList();
  }

  /** Places in the file by type and mark; those of a type are neighbours. */
  private static Collection<List<Integer>> placesByKind(List<KnownQuestion> questions) {
    Map<String, List<Integer>> places = new TreeMap<>();
    for (int place = 0; place < questions.size(); place++) {
      KnownQuestion question = questions.get(place);
      String kind = question.type() + "\t" + question.mark().ordinal();
      places.computeIfAbsent(kind, key -> new ArrayList<>()).add(place);
    }
    return places.values();
  }

  private static int quota(int passed, int limit, List<KnownQuestion> questions) {
    return (int) ((long) passed * limit / questions.size());
  }
}
