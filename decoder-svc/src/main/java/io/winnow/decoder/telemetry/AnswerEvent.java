package io.winnow.decoder.telemetry;

import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ExitReport;
import java.time.Duration;
import java.util.List;

/**
 * Something that happened to an answer. Times are in nanoseconds on the clock of {@link
 * System#nanoTime}, in the order of the life of an answer below; events about different pictures
 * and about the plan overlap.
 */
public sealed interface AnswerEvent {

  /** When it happened. */
  long at();

  /**
   * The request was read. What needs the model is not checked yet.
   *
   * @param request must not be kept: it holds the picture files
   */
  record Accepted(long at, ChatRequest request) implements AnswerEvent {}

  /** It left the line in front of the service, in which it had been since {@code since}. */
  record Admitted(long at, long since) implements AnswerEvent {}

  /**
   * Its pictures were fetched from their URLs; absent where there was none to fetch.
   *
   * @param since when the first fetch began
   * @param pictures pictures of the request, those that came with it included
   * @param bytes size of their files together
   */
  record PicturesFetched(long at, long since, int pictures, long bytes) implements AnswerEvent {}

  /**
   * The prompt was rendered, tokenized and found to fit.
   *
   * @param since when that began
   * @param model name of the model that answers
   * @param textTokens text tokens, special tokens included
   * @param imageTokens visual tokens before reduction
   */
  record Prepared(long at, long since, String model, int pictures, int textTokens, int imageTokens)
      implements AnswerEvent {}

  /**
   * The encoder is about to be called.
   *
   * @param picture number of the picture in the prompt
   * @param bytes size of the file
   */
  record EncodeOpened(long at, int picture, long bytes) implements AnswerEvent {}

  /**
   * The encoder was lost before it told a layout, and another is about to be called.
   *
   * @param attempt 1 for the first time that this happens to the picture
   */
  record EncodeRetried(long at, int picture, int attempt) implements AnswerEvent {}

  /**
   * A picture's layout arrived.
   *
   * @param tokens visual tokens of the picture
   * @param cacheHit whether the encoder had it already
   * @param queue time that it waited for a worker of the encoder
   * @param preprocess time to decode and preprocess it
   * @param encode time in vision tower and projector
   */
  record Encoded(
      long at,
      int picture,
      int tokens,
      boolean cacheHit,
      Duration queue,
      Duration preprocess,
      Duration encode)
      implements AnswerEvent {}

  /** All layouts are there, and the pruner is asked for its plan. */
  record PlanAsked(long at) implements AnswerEvent {}

  /**
   * There is a plan.
   *
   * @param byPruner false if the pruner failed or was late and everything is kept instead
   * @param method method in force, "none" keeps everything
   * @param reason why, in words
   * @param expectedFlopsRatio share of the prefill's MACs that it expects to remain, in (0, 1]
   * @param fetched visual tokens to be fetched, of all pictures
   * @param observedSegments segments at whose end the pruner is asked again
   * @param blocking whether the prefill waits there
   */
  record Planned(
      long at,
      boolean byPruner,
      String method,
      String reason,
      double expectedFlopsRatio,
      int fetched,
      int observedSegments,
      boolean blocking)
      implements AnswerEvent {}

  /** Visual tokens of a picture are asked for. */
  record FetchOpened(long at, int picture, int tokens) implements AnswerEvent {}

  /**
   * They are there.
   *
   * @param bytes size of the tensors
   * @param blocks messages that they came in
   */
  record Fetched(long at, int picture, long bytes, int blocks) implements AnswerEvent {}

  /** The generation is about to be handed to the runtime, where it waits for a slot. */
  record Submitted(long at) implements AnswerEvent {}

  /** It has a slot and its first segment begins. */
  record PrefillStarted(long at) implements AnswerEvent {}

  /**
   * A segment end that the plan names was reached.
   *
   * @param visualTokens visual tokens that are left
   */
  record Observed(long at, int segment, int visualTokens) implements AnswerEvent {}

  /**
   * It was decided what happens to the visual tokens after a segment.
   *
   * @param exit whether they leave
   * @param byPruner false if nobody could be asked or nobody answered in time
   */
  record Decided(long at, int segment, boolean exit, boolean byPruner) implements AnswerEvent {}

  /**
   * What became of a question to the pruner; told at the end of the answer, be it complete, failed
   * or cancelled, for each in the order of the segments.
   *
   * @param at when the verdict came; when it was needed if it never did
   * @param needed when the segment had ended
   * @param question with layer, verdict, effect
   */
  record VerdictSettled(long at, long needed, ExitReport.Question question)
      implements AnswerEvent {}

  /**
   * The prefill is complete.
   *
   * @param segments each segment as it ran; empty where the runtime does not tell
   * @param queued time from the runtime's start to the first segment
   * @param macs multiply-accumulates of the prefill
   * @param macsUnpruned the same, had every visual token been kept
   */
  record Prefilled(
      long at, List<Segment> segments, Duration queued, double macs, double macsUnpruned)
      implements AnswerEvent {

    public Prefilled {
      segments = List.copyOf(segments);
    }
  }

  /**
   * A segment of a prefill.
   *
   * @param begin when it began
   * @param end when it ended
   * @param rowsIn rows that entered its first layer, visual and text together
   * @param rowsOut rows that left its last layer
   * @param visualIn visual rows among those that entered
   * @param visualOut visual rows among those that left
   * @param macs multiply-accumulates of its layers
   */
  record Segment(
      int number,
      int firstLayer,
      int layers,
      long begin,
      long end,
      int rowsIn,
      int rowsOut,
      int visualIn,
      int visualOut,
      double macs) {}

  /**
   * The runtime was lost and the generation goes on at another.
   *
   * @param attempt 1 for the first fail-over
   * @param replayedTokens tokens of the answer that are computed again
   * @param reason why it was lost, a word for a label
   */
  record FailedOver(long at, int attempt, int replayedTokens, String reason)
      implements AnswerEvent {}

  /** A token was sampled; the first one ends the time to first token. */
  record Token(long at) implements AnswerEvent {}

  /** The generation is over; it waited so long for its reader to take what was there. */
  record ReaderWaited(long at, Duration time) implements AnswerEvent {}

  /** Terminal: the answer is complete. Times in the summary begin at the flow, not at the edge. */
  record Finished(long at, AnswerSummary summary) implements AnswerEvent {}

  /** Terminal: it failed, was refused or cancelled. The message may quote the caller's text. */
  record Failed(long at, ChatFailure failure) implements AnswerEvent {}
}
