package io.winnow.decoder.tracing;

import static io.winnow.tracing.TraceNames.CHAT;
import static io.winnow.tracing.TraceNames.EDGE;
import static io.winnow.tracing.TraceNames.FINISH_REASONS;
import static io.winnow.tracing.TraceNames.FLOPS_RATIO;
import static io.winnow.tracing.TraceNames.IMAGE_TOKENS;
import static io.winnow.tracing.TraceNames.INPUT_MESSAGES;
import static io.winnow.tracing.TraceNames.INPUT_TOKENS;
import static io.winnow.tracing.TraceNames.MAX_TOKENS;
import static io.winnow.tracing.TraceNames.METHOD;
import static io.winnow.tracing.TraceNames.OPERATION;
import static io.winnow.tracing.TraceNames.OUTPUT_TOKENS;
import static io.winnow.tracing.TraceNames.OUTPUT_TYPE;
import static io.winnow.tracing.TraceNames.PICTURES;
import static io.winnow.tracing.TraceNames.PROVIDER;
import static io.winnow.tracing.TraceNames.REASON;
import static io.winnow.tracing.TraceNames.REQUEST_MODEL;
import static io.winnow.tracing.TraceNames.RESPONSE_ID;
import static io.winnow.tracing.TraceNames.RESPONSE_MODEL;
import static io.winnow.tracing.TraceNames.SEED;
import static io.winnow.tracing.TraceNames.TEMPERATURE;
import static io.winnow.tracing.TraceNames.TEXT_TOKENS;
import static io.winnow.tracing.TraceNames.TOP_K;
import static io.winnow.tracing.TraceNames.TOP_P;
import static io.winnow.tracing.TraceNames.VISUAL_KEPT;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.opentelemetry.api.trace.Span;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.RequestOrigin;
import java.util.List;
import java.util.Locale;

/** The attributes of a request's span. */
final class RequestAttributes {

  private final Span span;
  private final boolean content;

  RequestAttributes(Span span, boolean content) {
    this.span = span;
    this.content = content;
  }

  void origin(RequestOrigin origin) {
    span.setAttribute(OPERATION, CHAT);
    span.setAttribute(PROVIDER, "winnow");
    span.setAttribute(OUTPUT_TYPE, "text");
    span.setAttribute(RESPONSE_ID, origin.id());
    span.setAttribute(EDGE, origin.edge().name().toLowerCase(Locale.ROOT));
  }

  void accepted(ChatRequest request) {
    // Whether there is such a model is not known yet, and names of spans are to be few.
    request.model().ifPresent(name -> span.setAttribute(REQUEST_MODEL, name));
    request.maxTokens().ifPresent(most -> span.setAttribute(MAX_TOKENS, (long) most));
    ChatRequest.SamplingChoice sampling = request.sampling();
    span.setAttribute(TEMPERATURE, sampling.temperature());
    span.setAttribute(TOP_P, sampling.topP());
    span.setAttribute(TOP_K, (long) sampling.topK());
    sampling.seed().ifPresent(seed -> span.setAttribute(SEED, seed));
    if (content) {
      span.setAttribute(INPUT_MESSAGES, messages(request.messages()));
    }
  }

  void prepared(AnswerEvent.Prepared prepared) {
    span.updateName(CHAT + " " + prepared.model());
    span.setAttribute(REQUEST_MODEL, prepared.model());
    span.setAttribute(RESPONSE_MODEL, prepared.model());
    span.setAttribute(PICTURES, (long) prepared.pictures());
    span.setAttribute(TEXT_TOKENS, (long) prepared.textTokens());
    span.setAttribute(IMAGE_TOKENS, (long) prepared.imageTokens());
    span.setAttribute(INPUT_TOKENS, (long) prepared.textTokens() + prepared.imageTokens());
  }

  void finished(AnswerSummary summary) {
    span.setAttribute(FINISH_REASONS, List.of(summary.finish().name().toLowerCase(Locale.ROOT)));
    span.setAttribute(OUTPUT_TOKENS, (long) summary.usage().completionTokens());
    span.setAttribute(VISUAL_KEPT, (long) summary.usage().imageTokensKept());
    span.setAttribute(METHOD, summary.reduction().method());
    span.setAttribute(REASON, summary.reduction().reason());
    span.setAttribute(FLOPS_RATIO, summary.reduction().flopsRatio());
  }

  /** The turns as the conventions want them; of pictures only that they were there. */
  private static String messages(List<ChatMessage> messages) {
    ArrayNode turns = JsonNodeFactory.instance.arrayNode();
    for (ChatMessage message : messages) {
      ObjectNode turn = turns.addObject();
      turn.put("role", message.role().name().toLowerCase(Locale.ROOT));
      ArrayNode parts = turn.putArray("parts");
      for (ChatMessage.Part part : message.parts()) {
        if (part instanceof ChatMessage.Text text) {
          parts.addObject().put("type", "text").put("content", text.text());
        } else {
          parts.addObject().put("type", "image");
        }
      }
    }
    return turns.toString();
  }
}
