package io.winnow.decoder.generation;

import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.AnswerSummary.Finish;
import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ChatService.PromptCount;

/** Works out what a complete answer came to. Lives in a mailbox. */
final class AnswerAccount {

  private final PreparedPrompt prompt;
  private final Timeline timeline;
  private final ReductionAccount reductions;
  private final ExitDialogue exit;

  AnswerAccount(
      PreparedPrompt prompt, Timeline timeline, ReductionAccount reductions, ExitDialogue exit) {
    this.prompt = prompt;
    this.timeline = timeline;
    this.reductions = reductions;
    this.exit = exit;
  }

  /**
   * What the caller is told.
   *
   * @param reported whether the caller wants to hear which visual tokens were kept
   */
  AnswerSummary summary(Finish cause, boolean reported) {
    PromptCount count = prompt.count();
    return new AnswerSummary(
        cause,
        new AnswerSummary.Usage(
            count.textTokens() + count.imageTokens(),
            timeline.tokens(),
            count.imageTokens(),
            timeline.imageTokensKept()),
        timeline.timings(),
        reduction(reported));
  }

  private Reduction reduction(boolean reported) {
    int[] entered = timeline.visualEntered(); // [layers]
    Reduction reduction =
        reported
            ? reductions.reported(entered, timeline.survivors())
            : reductions.reduction(entered);
    return reduction.withExit(exit.report(entered, reductions.planned(entered.length)));
  }
}
