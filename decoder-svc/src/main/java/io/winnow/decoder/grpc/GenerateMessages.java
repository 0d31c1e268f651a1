package io.winnow.decoder.grpc;

import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.v1.FinishReason;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.GenerationFinished;
import io.winnow.v1.GenerationStarted;
import io.winnow.v1.GenerationTimings;
import io.winnow.v1.TokenCount;
import io.winnow.v1.TokenDelta;
import io.winnow.v1.TokenLogprob;
import io.winnow.v1.Usage;
import java.time.Duration;

/** Writes answers as messages. */
final class GenerateMessages {

  private GenerateMessages() {}

  static GenerateResponse started(AnswerStarted started) {
    return GenerateResponse.newBuilder()
        .setStarted(
            GenerationStarted.newBuilder()
                .setId(started.id())
                .setModel(started.model())
                .setSeed(started.seed())
                .setPrompt(count(started.prompt())))
        .build();
  }

  static GenerateResponse delta(AnswerDelta delta) {
    TokenDelta.Builder message = TokenDelta.newBuilder().setText(delta.text());
    delta.tokens().forEach(token -> message.addTokens(logprob(token)));
    return GenerateResponse.newBuilder().setDelta(message).build();
  }

  static GenerateResponse finished(AnswerSummary summary) {
    return GenerateResponse.newBuilder()
        .setFinished(
            GenerationFinished.newBuilder()
                .setFinishReason(
                    switch (summary.finish()) {
                      case STOP -> FinishReason.FINISH_REASON_STOP;
                      case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
                    })
                .setUsage(usage(summary.usage()))
                .setTimings(timings(summary.timings()))
                .setReduction(ReductionMessages.report(summary.reduction())))
        .build();
  }

  static TokenCount count(PromptCount count) {
    return TokenCount.newBuilder()
        .setTextTokens(count.textTokens())
        .setImageTokens(count.imageTokens())
        .build();
  }

  private static TokenLogprob logprob(AnswerDelta.TokenLogprob token) {
    TokenLogprob.Builder message =
        TokenLogprob.newBuilder()
            .setId(token.id())
            .setText(token.text())
            .setLogprob(token.logprob());
    token.top().forEach(top -> message.addTop(logprob(top)));
    return message.build();
  }

  private static Usage usage(AnswerSummary.Usage usage) {
    return Usage.newBuilder()
        .setPromptTokens(usage.promptTokens())
        .setCompletionTokens(usage.completionTokens())
        .setImageTokens(usage.imageTokens())
        .setImageTokensKept(usage.imageTokensKept())
        .build();
  }

  private static GenerationTimings timings(AnswerSummary.Timings timings) {
    return GenerationTimings.newBuilder()
        .setFetchMicros(micros(timings.fetch()))
        .setPreprocessMicros(micros(timings.preprocess()))
        .setEncodeMicros(micros(timings.encode()))
        .setWireMicros(micros(timings.wire()))
        .setDecideMicros(micros(timings.decide()))
        .setPrefillMicros(micros(timings.prefill()))
        .setFirstTokenMicros(micros(timings.firstToken()))
        .setPerTokenMicros(micros(timings.perToken()))
        .build();
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
