package io.winnow.decoder.chat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What became of the questions whether the visual tokens may go. Layers are 0-based.
 *
 * @param layer the last layer that visual tokens entered before a verdict took them out; empty:
 *     none did
 * @param blocking whether the prefill waited for the verdicts
 * @param questions in order
 * @param trouble why verdicts are missing, for a person; empty if none is
 * @param flopsRatioWithout share of the prefill's MACs that the plan would have left without the
 *     exit, which so saves what it is above the share that was run; in (0, 1]
 */
public record ExitReport(
    OptionalInt layer,
    boolean blocking,
    List<Question> questions,
    Optional<String> trouble,
    double flopsRatioWithout) {

  public ExitReport {
    questions = List.copyOf(questions);
  }

  /** Verdicts that came too late. */
  public int late() {
    return (int) questions.stream().filter(Question::late).count();
  }

  /** Verdicts that never came. */
  public int missing() {
    return (int) questions.stream().filter(each -> each.verdict().isEmpty()).count();
  }

  /**
   * A question at a segment's end.
   *
   * @param segment that ended
   * @param layer its last layer, whose gate is asked
   * @param visualTokens that were alive
   * @param needed when the verdict was needed, since the request
   * @param verdict if one came
   * @param effect what it did
   * @param appliedLayer with {@link Effect#EXITED} the last layer that visual tokens entered
   */
  public record Question(
      int segment,
      int layer,
      int visualTokens,
      Duration needed,
      Optional<GateVerdict> verdict,
      Effect effect,
      OptionalInt appliedLayer) {

    /** Whether the verdict came too late to be heeded where it was needed. */
    boolean late() {
      return effect == Effect.LATE || appliedLayer.orElse(layer) > layer;
    }
  }

  /**
   * A verdict.
   *
   * @param arrived when it came, since the request
   * @param exit whether the visual tokens may go
   * @param margin exit logit minus keep logit
   * @param threshold the margin above which it is an exit
   */
  public record GateVerdict(Duration arrived, boolean exit, float margin, float threshold) {}

  /** What a verdict did. */
  public enum Effect {
    /** The visual tokens stayed, as it said. */
    KEPT,
    /** The visual tokens went. */
    EXITED,
    /** Nothing: it said "exit" too late, or came when a blocking prefill had gone on. */
    LATE,
    /** Nothing: it never came. */
    MISSING,
    /** Nothing: an earlier verdict had let the visual tokens go. */
    MOOT,
    /** Nobody can tell: it said "exit", and the answer ended before its prefill did. */
    UNKNOWN
  }
}
