package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.util.Arrays;
import java.util.Optional;

/**
 * Answers the questions of one generation (DyVTE, arXiv 2411.19628, section 3.4): the visual tokens
 * go at the first gate whose margin is above the threshold. A decision holds: an observation that
 * crossed an exit on its way is answered with "exit" too. Not safe for concurrent use.
 */
public final class ExitWatch {

  private final ExitQuestions questions;
  private int next; // index of the first question that may still come
  private boolean exited;

  ExitWatch(ExitQuestions questions) {
    this.questions = questions;
  }

  /** An answer. */
  public record ExitVerdict(boolean exit, float margin, float threshold) {}

  /**
   * What is wrong with an observation of this segment, if anything is.
   *
   * @param visualTokens that the decoder says are alive
   * @param statusWidth numbers of the text status it sent
   */
  public Optional<PrunerFailure> misfit(int segment, int visualTokens, int statusWidth) {
    int question = Arrays.binarySearch(questions.segments(), segment);
    if (question < 0) {
      return invalid(
          "the plan does not ask after segment %d but after %s"
              .formatted(segment, Arrays.toString(questions.segments())));
    }
    if (question < next) {
      return invalid(
          "segment %d was observed after segment %d; they must ascend"
              .formatted(segment, questions.segments()[next - 1]));
    }
    if (visualTokens < 1 || visualTokens > questions.alive()[question]) {
      return invalid(
          "visual_tokens is %d after segment %d, must be 1 to %d, which the plan leaves; where"
                  .formatted(visualTokens, segment, questions.alive()[question])
              + " there are none there is nothing to ask");
    }
    if (statusWidth != questions.gates().statusWidth()) {
      return invalid(
          "text_status has %d numbers, the gates take %d: are decoder-svc and pruner-svc on the"
                  .formatted(statusWidth, questions.gates().statusWidth())
              + " same model?");
    }
    return Optional.empty();
  }

  /**
   * Answers an observation that {@link #misfit} has let pass; computes for as long as a gate does.
   *
   * @param status text status, see {@link io.winnow.runtime.SegmentEnd} // [statusWidth]
   */
  public ExitVerdict decide(int segment, float[] status) {
    int question = Arrays.binarySearch(questions.segments(), segment);
    float margin = questions.gates().logits(questions.layers()[question], status).margin();
    next = question + 1;
    exited |= margin > questions.threshold();
    return new ExitVerdict(exited, margin, questions.threshold());
  }

  private static Optional<PrunerFailure> invalid(String message) {
    return Optional.of(PrunerFailure.of(Reason.PROTOCOL_VIOLATION, message));
  }
}
