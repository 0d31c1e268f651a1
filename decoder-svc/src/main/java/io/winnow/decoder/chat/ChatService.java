package io.winnow.decoder.chat;

import io.winnow.decoder.telemetry.AnswerTelemetry;
import java.util.List;

/** Answers conversations. Thread-safe; nothing here blocks on the network. */
public interface ChatService {

  /**
   * Starts an answer. Whatever happens is told to the listener; an invalid request is a failure
   * event too.
   *
   * @param telemetry hears what happens to it, and one terminal event
   * @return handle for flow control and cancellation
   */
  ActiveAnswer answer(ChatRequest request, AnswerListener listener, AnswerTelemetry telemetry);

  /** Starts an answer that nobody observes. */
  default ActiveAnswer answer(ChatRequest request, AnswerListener listener) {
    return answer(request, listener, AnswerTelemetry.NONE);
  }

  /**
   * Counts the tokens of the prompt without encoding or decoding.
   *
   * @throws ChatFailureException if the request is invalid: unknown model, prompt too long for the
   *     context, ...
   */
  PromptCount count(ChatRequest request);

  /** The models that can be asked for, the default one first. */
  List<ServedModel> models();

  /**
   * Tokens of a prompt.
   *
   * @param textTokens text tokens, special tokens included
   * @param imageTokens visual tokens before reduction
   */
  record PromptCount(int textTokens, int imageTokens) {}

  /**
   * A model that can be asked for.
   *
   * @param name as in requests
   * @param contextLength longest prompt and answer together, in tokens
   * @param createdEpochSecond when its export was written
   */
  record ServedModel(String name, int contextLength, long createdEpochSecond) {}
}
