package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.AnswerSummary.Timings;
import io.winnow.decoder.chat.AnswerSummary.Usage;
import io.winnow.decoder.chat.ChatService.PromptCount;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The JSON shapes of answers and errors: OpenAI's, and Winnow's additions to them. */
final class AnswerJson {

  /** OpenAI's stand-in for a probability too small to tell. */
  private static final double LEAST_LOGPROB = -9999.0;

  private static final char REPLACEMENT = '\uFFFD';

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private AnswerJson() {}

  static ObjectNode error(ApiError error) {
    ObjectNode root = NODES.objectNode();
    root.putObject("error")
        .put("message", error.message())
        .put("type", error.type())
        .put("param", error.param().orElse(null))
        .put("code", error.code());
    return root;
  }

  /** What both forms of an answer begin with. */
  static ObjectNode head(String object, AnswerStarted started, long createdEpochSecond) {
    return NODES
        .objectNode()
        .put("id", started.id())
        .put("object", object)
        .put("created", createdEpochSecond)
        .put("model", started.model());
  }

  static ObjectNode counts(String id, String model, PromptCount count) {
    ObjectNode root = NODES.objectNode();
    root.put("id", id).put("object", "chat.completion.dry_run").put("model", model);
    root.putObject("usage")
        .put("prompt_tokens", count.textTokens() + count.imageTokens())
        .put("text_tokens", count.textTokens())
        .put("image_tokens", count.imageTokens());
    return root;
  }

  static String finishReason(AnswerSummary.Finish finish) {
    return finish.name().toLowerCase(Locale.ROOT);
  }

  static ObjectNode usage(Usage usage) {
    ObjectNode node = NODES.objectNode();
    node.put("prompt_tokens", usage.promptTokens())
        .put("completion_tokens", usage.completionTokens())
        .put("total_tokens", usage.promptTokens() + usage.completionTokens());
    node.putObject("prompt_tokens_details")
        .put("image_tokens", usage.imageTokens())
        .put("image_tokens_kept", usage.imageTokensKept());
    return node;
  }

  /** Milliseconds by stage. */
  private static ObjectNode timings(Timings timings) {
    return NODES
        .objectNode()
        .put("fetch", millis(timings.fetch()))
        .put("preprocess", millis(timings.preprocess()))
        .put("encode", millis(timings.encode()))
        .put("wire", millis(timings.wire()))
        .put("decide", millis(timings.decide()))
        .put("prefill", millis(timings.prefill()))
        .put("first_token", millis(timings.firstToken()))
        .put("per_token", millis(timings.perToken()));
  }

  /** Adds what only Winnow tells: the seed, stage times, and what was done to visual tokens. */
  static void addOutcome(ObjectNode root, AnswerStarted started, AnswerSummary summary) {
    root.put("seed", started.seed());
    root.set("timings_ms", timings(summary.timings()));
    root.set("visual_token_reduction", ReductionJson.of(summary.reduction()));
  }

  static ObjectNode logprobs(List<TokenLogprob> tokens) {
    ObjectNode node = NODES.objectNode();
    ArrayNode content = node.putArray("content");
    for (TokenLogprob token : tokens) {
      ObjectNode entry = token(token);
      ArrayNode top = entry.putArray("top_logprobs");
      token.top().forEach(alternative -> top.add(token(alternative)));
      content.add(entry);
    }
    node.putNull("refusal");
    return node;
  }

  private static ObjectNode token(TokenLogprob token) {
    ObjectNode node = NODES.objectNode();
    node.put("token", token.text()).put("logprob", Math.max(token.logprob(), LEAST_LOGPROB));
    if (token.text().indexOf(REPLACEMENT) >= 0) {
      // Part of a character: its text does not tell its bytes.
      node.putNull("bytes");
    } else {
      ArrayNode bytes = node.putArray("bytes");
      for (byte b : token.text().getBytes(StandardCharsets.UTF_8)) {
        bytes.add(b & 0xFF);
      }
    }
    return node;
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
