package io.winnow.decoder.chat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A conversation and how to continue it. The edges check syntax and ranges of single fields; the
 * service checks what needs the model (its name, the context length, the number of pictures).
 *
 * @param id unique id of the request, for logs, traces and the response
 * @param model model name; empty asks for the default model
 * @param messages the conversation, oldest first
 * @param sampling how tokens are drawn
 * @param maxTokens most tokens to generate; empty means up to the end of the context
 * @param stop up to 4 strings that end the answer and are not part of it
 * @param topLogprobs empty: no log-probabilities; otherwise the alternatives to report, 0 to 20
 * @param reduction wish for visual token reduction
 * @param timeout deadline of the whole answer
 */
public record ChatRequest(
    String id,
    Optional<String> model,
    List<ChatMessage> messages,
    SamplingChoice sampling,
    OptionalInt maxTokens,
    List<String> stop,
    OptionalInt topLogprobs,
    ReductionWish reduction,
    Duration timeout) {

  public ChatRequest {
    messages = List.copyOf(messages);
    stop = List.copyOf(stop);
  }

  /** The same request with other messages, for example with pictures in place of their URLs. */
  public ChatRequest withMessages(List<ChatMessage> others) {
    return new ChatRequest(
        id, model, others, sampling, maxTokens, stop, topLogprobs, reduction, timeout);
  }

  /**
   * Sampling as the caller chose it.
   *
   * @param temperature 0 is greedy, up to 2
   * @param topP nucleus in (0, 1]
   * @param topK only the k most probable tokens; 0 means all
   * @param seed empty: the service draws one
   */
  public record SamplingChoice(double temperature, double topP, int topK, OptionalLong seed) {}
}
