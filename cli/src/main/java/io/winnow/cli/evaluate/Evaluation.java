package io.winnow.cli.evaluate;

import io.winnow.cli.evaluate.KnownQuestion.Mark;
import io.winnow.cli.results.Quantiles;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a set of answers shows.
 *
 * @param asked at least one, in the order of the questions
 */
public record Evaluation(List<Asked> asked) {

  public Evaluation {
    asked = List.copyOf(asked);
    if (asked.isEmpty()) {
      throw new IllegalArgumentException("nothing was asked");
    }
  }

  /** By type of question, in alphabetical order, describe last. */
  public Map<String, Accuracy> byType() {
    Map<String, Accuracy> accuracies = new LinkedHashMap<>();
    asked.stream()
        .map(each -> each.question().type())
        .distinct()
        .sorted((a, b) -> isDescribe(a) == isDescribe(b) ? a.compareTo(b) : isDescribe(a) ? 1 : -1)
        .forEach(type -> accuracies.put(type, ofType(type)));
    return accuracies;
  }

  /** Of one type of question. */
  public Accuracy ofType(String type) {
    return Accuracy.of(asked, question -> question.type().equals(type));
  }

  /** By the mark at the question's end; marks that no question has are left out. */
  public Map<Mark, Accuracy> byMark() {
    Map<Mark, Accuracy> accuracies = new LinkedHashMap<>();
    for (Mark mark : Mark.values()) {
      Accuracy accuracy = Accuracy.of(asked, question -> question.mark() == mark);
      if (accuracy.asked() > 0) {
        accuracies.put(mark, accuracy);
      }
    }
    return accuracies;
  }

  public Accuracy all() {
    return Accuracy.of(asked, question -> true);
  }

  public Accuracy allButDescribe() {
    return Accuracy.of(asked, question -> !isDescribe(question.type()));
  }

  /** A quantile of the milliseconds of a stage. */
  public double millis(String stage, double share) {
    return Quantiles.at(share, asked.stream().mapToDouble(each -> each.millis(stage)).toArray());
  }

  public double meanFlopsRatio() {
    return mean(Asked::flopsRatio);
  }

  public double meanImageTokens() {
    return mean(Asked::imageTokens);
  }

  public double meanImageTokensKept() {
    return mean(Asked::imageTokensKept);
  }

  private double mean(ToDoubleFunction<Asked> value) {
    return asked.stream().mapToDouble(value).average().orElseThrow();
  }

  private static boolean isDescribe(String type) {
    return type.equals(KnownQuestion.DESCRIBE);
  }
}
