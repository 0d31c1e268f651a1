package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects an answer and sends it as one document; the context's length bounds what it holds. */
final class WholeAnswer implements AnswerWriter {

  private final Exchange exchange;
  private final long createdEpochSecond;
  private final boolean logprobs;
  private final StringBuilder text = new StringBuilder();
  private final List<TokenLogprob> tokens = new ArrayList<>();
  private @Nullable AnswerStarted started;

  WholeAnswer(Exchange exchange, long createdEpochSecond, boolean logprobs) {
    this.exchange = exchange;
    this.createdEpochSecond = createdEpochSecond;
    this.logprobs = logprobs;
  }

  @Override
  public void attach(ActiveAnswer answer) {
    answer.request(Integer.MAX_VALUE);
  }

  @Override
  public void started(AnswerStarted started) {
    this.started = started;
  }

  @Override
  public void delta(AnswerDelta delta) {
    text.append(delta.text());
    tokens.addAll(delta.tokens());
  }

  @Override
  public void finished(AnswerSummary summary) {
    if (started == null) {
      throw new IllegalStateException("an answer finished before it started");
    }
    ObjectNode root = AnswerJson.head("chat.completion", started, createdEpochSecond);
    ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
    choice
        .putObject("message")
        .put("role", "assistant")
        .put("content", text.toString())
        .putNull("refusal");
    if (logprobs) {
      choice.set("logprobs", AnswerJson.logprobs(tokens));
    } else {
      choice.putNull("logprobs");
    }
    choice.put("finish_reason", AnswerJson.finishReason(summary.finish()));
    root.set("usage", AnswerJson.usage(summary.usage()));
    AnswerJson.addOutcome(root, started, summary);
    exchange.send(200, root);
  }

  @Override
  public void failed(ApiError error) {
    exchange.fail(error);
  }
}
