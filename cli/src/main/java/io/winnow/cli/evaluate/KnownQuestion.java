package io.winnow.cli.evaluate;

import java.nio.file.Path;
import java.util.Locale;

/**
 * A question whose answer is known.
 *
 * @param picture the picture file
 * @param type kind of question, for example "count"
 * @param text the question
 * @param truth the true answer
 */
public record KnownQuestion(Path picture, String type, String text, String truth) {

  /** Type of the questions that ask for a whole list, which exact match judges hard. */
  public static final String DESCRIBE = "describe";

  /** How a question closes. */
  public enum Mark {
    NONE("no mark"),
    QUESTION("\"?\""),
    STOP("\".\"");

    private final String label;

    Mark(String label) {
      this.label = label;
    }

    /** As it stands in tables. */
    public String label() {
      return label;
    }
  }

  public Mark mark() {
    if (text.endsWith("?")) {
      return Mark.QUESTION;
    }
    return text.endsWith(".") ? Mark.STOP : Mark.NONE;
  }

  /** Exact match, without regard to case and to space around the answer. */
  public boolean isRight(String answer) {
    return answer.strip().toLowerCase(Locale.ROOT).equals(truth.strip().toLowerCase(Locale.ROOT));
  }
}
