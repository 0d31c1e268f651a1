package io.winnow.cli.evaluate;

import java.util.List;
import java.util.function.Predicate;

/**
 * Right answers among those asked.
 *
 * @param right answered right
 * @param asked asked
 */
public record Accuracy(int right, int asked) {

  public Accuracy {
    if (right < 0 || right > asked) {
      throw new IllegalArgumentException(right + " right of " + asked);
    }
  }

  static Accuracy of(List<Asked> asked, Predicate<KnownQuestion> which) {
    List<Asked> chosen = asked.stream().filter(each -> which.test(each.question())).toList();
    return new Accuracy((int) chosen.stream().filter(Asked::isRight).count(), chosen.size());
  }

  /** Share answered right, in [0, 1]; NaN if nothing was asked. */
  public double share() {
    return (double) right / asked;
  }

  /** Half of the 95 % interval that a sample of this size has where the true share is one half. */
  public double worstError() {
    return 1.96 * 0.5 / Math.sqrt(asked);
  }
}
