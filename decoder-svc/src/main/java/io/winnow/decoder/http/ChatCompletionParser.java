package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatRequest.SamplingChoice;
import io.winnow.decoder.chat.ExitWish;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.decoder.http.ChatCompletion.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Translates the body of a chat completion. A field that would not be honoured is refused by name,
 * never ignored.
 */
final class ChatCompletionParser {

  private static final int MAX_STOPS = 4;
  private static final int MAX_TOP_LOGPROBS = 20;
  private static final double MAX_TEMPERATURE = 2;

  private final Duration timeout;

  /**
   * @param timeout deadline of every answer
   */
  ChatCompletionParser(Duration timeout) {
    this.timeout = timeout;
  }

  ChatCompletion parse(String id, ObjectNode body) {
    JsonFields fields = new JsonFields(body, "");
    Delivery delivery = delivery(fields);
    ChatRequest request =
        new ChatRequest(
            id,
            model(fields),
            MessageParser.messages(fields),
            sampling(fields),
            maxTokens(fields),
            stop(fields),
            topLogprobs(fields),
            fields
                .object("visual_token_reduction")
                .map(ChatCompletionParser::reduction)
                .orElseGet(ReductionWish::auto),
            timeout);
    UnsupportedFields.refuse(fields);
    fields.refuseOthers();
    return new ChatCompletion(request, delivery);
  }

  private static Optional<String> model(JsonFields fields) {
    Optional<String> model = fields.string("model");
    if (model.isPresent() && model.get().isBlank()) {
      throw fields.invalid("model", "must not be blank; leave it out for the default model");
    }
    return model;
  }

  private static Delivery delivery(JsonFields fields) {
    boolean stream = fields.flag("stream").orElse(false);
    boolean dryRun = fields.flag("dry_run").orElse(false);
    Optional<JsonFields> options = fields.object("stream_options");
    if (options.isPresent() && !stream) {
      throw fields.invalid("stream_options", "is only allowed with stream: true");
    }
    boolean usage = options.flatMap(found -> found.flag("include_usage")).orElse(false);
    if (options.flatMap(found -> found.flag("include_obfuscation")).orElse(false)) {
      throw UnsupportedFields.unsupported(options.get().at("include_obfuscation"));
    }
    options.ifPresent(JsonFields::refuseOthers);
    if (dryRun) {
      if (stream) {
        throw fields.invalid("dry_run", "cannot be combined with stream: true");
      }
      return Delivery.COUNTS_ONLY;
    }
    if (!stream) {
      return Delivery.WHOLE;
    }
    return usage ? Delivery.STREAMED_WITH_USAGE : Delivery.STREAMED;
  }

  private static SamplingChoice sampling(JsonFields fields) {
    return new SamplingChoice(
        fields.number("temperature", 0, MAX_TEMPERATURE).orElse(1),
        fields.positive("top_p", 1).orElse(1),
        fields.integer("top_k", 0, Integer.MAX_VALUE).orElse(0),
        fields.integer("seed"));
  }

  private static OptionalInt maxTokens(JsonFields fields) {
    OptionalInt current = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    OptionalInt old = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (current.isPresent() && old.isPresent() && !current.equals(old)) {
      throw fields.invalid("max_tokens", "differs from max_completion_tokens; give one of them");
    }
    return current.isPresent() ? current : old;
  }

  private static List<String> stop(JsonFields fields) {
    Optional<JsonNode> stop = fields.value("stop");
    List<String> strings = new ArrayList<>();
    if (stop.isPresent() && stop.get().isArray()) {
      for (JsonNode element : stop.get()) {
        strings.add(JsonFields.text(element, fields.at("stop") + "[" + strings.size() + "]"));
      }
    } else if (stop.isPresent()) {
      if (!stop.get().isTextual()) {
        throw JsonFields.wrongType("stop", "a string or an array of strings", stop.get());
      }
      strings.add(JsonFields.text(stop.get(), "stop"));
    }
    if (strings.size() > MAX_STOPS) {
      throw fields.invalid("stop", "has %d strings; %d are allowed".formatted(strings.size(), 4));
    }
    if (strings.contains("")) {
      throw fields.invalid("stop", "holds an empty string");
    }
    return strings;
  }

  private static OptionalInt topLogprobs(JsonFields fields) {
    boolean logprobs = fields.flag("logprobs").orElse(false);
    OptionalInt top = fields.integer("top_logprobs", 0, MAX_TOP_LOGPROBS);
    if (top.isPresent() && !logprobs) {
      throw fields.invalid("top_logprobs", "is only allowed with logprobs: true");
    }
    return logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
  }

  private static ReductionWish reduction(JsonFields fields) {
    String method = fields.string("method").orElse("auto");
    if (method.isBlank()) {
      throw fields.invalid("method", "must not be blank");
    }
    List<ReductionWish.Budget> budgets = new ArrayList<>();
    fields.positive("flops_ratio", 1).ifPresent(v -> budgets.add(new ReductionWish.FlopsRatio(v)));
    fields.positive("keep_ratio", 1).ifPresent(v -> budgets.add(new ReductionWish.KeepRatio(v)));
    fields
        .positive("max_ttft_ms", Double.MAX_VALUE)
        .ifPresent(v -> budgets.add(new ReductionWish.MaxTtftMillis(v)));
    if (budgets.size() > 1) {
      throw JsonFields.invalidValue(
          fields.path(), "takes one of flops_ratio, keep_ratio and max_ttft_ms");
    }
    ReductionWish wish =
        new ReductionWish(
            method,
            budgets.stream().findFirst(),
            fields.integer("layer", 1, Integer.MAX_VALUE),
            fields.integer("seed"),
            exit(fields),
            fields.flag("report").orElse(false));
    fields.refuseOthers();
    return wish;
  }

  private static ExitWish exit(JsonFields fields) {
    OptionalDouble threshold = fields.positive("exit_threshold", 1);
    if (threshold.isPresent() && threshold.getAsDouble() >= 1) {
      throw fields.invalid("exit_threshold", "must be below 1");
    }
    Optional<String> with = fields.string("with");
    if (with.filter(String::isBlank).isPresent()) {
      throw fields.invalid("with", "must not be blank");
    }
    return new ExitWish(
        threshold,
        fields.integer("min_layer", 0, Integer.MAX_VALUE),
        fields.flag("blocking").orElse(false),
        with);
  }
}
