package io.winnow.decoder.chat;

import java.time.Duration;
import java.util.Optional;

/**
 * A complete answer's numbers.
 *
 * @param finish why it ended
 * @param usage token counts
 * @param timings where the time went
 * @param reduction what was done to the visual tokens
 */
public record AnswerSummary(Finish finish, Usage usage, Timings timings, Reduction reduction) {

  /** Why an answer ended. */
  public enum Finish {
    /** End-of-sequence token or a stop string. */
    STOP,
    /** Token limit or end of the context. */
    LENGTH
  }

  /**
   * Token counts.
   *
   * @param promptTokens text and visual tokens before reduction
   * @param completionTokens generated tokens, the end-of-sequence token included
   * @param imageTokens visual tokens before reduction
   * @param imageTokensKept mean over layers of the visual tokens that entered the layer, rounded
   */
  public record Usage(
      int promptTokens, int completionTokens, int imageTokens, int imageTokensKept) {}

  /** Stage times; a stage that did not happen is zero. See GenerationTimings in decoder.proto. */
  public record Timings(
      Duration fetch,
      Duration preprocess,
      Duration encode,
      Duration wire,
      Duration decide,
      Duration prefill,
      Duration firstToken,
      Duration perToken) {}

  /**
   * What was done to the visual tokens.
   *
   * @param method method in force, "none" kept everything
   * @param flopsRatio remaining share of the decoder prefill's MACs, as it was run
   * @param reason the pruner's reason
   * @param kept what was kept where, if the caller asked for the report
   * @param exit what became of the questions whether they may go, if the plan had any
   */
  public record Reduction(
      String method,
      double flopsRatio,
      String reason,
      Optional<KeptReport> kept,
      Optional<ExitReport> exit) {

    /** Without questions on the way. */
    public Reduction(String method, double flopsRatio, String reason, Optional<KeptReport> kept) {
      this(method, flopsRatio, reason, kept, Optional.empty());
    }

    /** The same with what became of the questions. */
    public Reduction withExit(Optional<ExitReport> report) {
      return new Reduction(method, flopsRatio, reason, kept, report);
    }
  }
}
