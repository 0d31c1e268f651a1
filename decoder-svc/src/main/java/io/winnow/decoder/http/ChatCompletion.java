package io.winnow.decoder.http;

import io.winnow.decoder.chat.ChatRequest;

/**
 * A parsed call of /v1/chat/completions.
 *
 * @param request what the domain is asked
 * @param delivery how the client wants it
 */
record ChatCompletion(ChatRequest request, Delivery delivery) {

  /** How the client wants the answer. */
  enum Delivery {
    /** One JSON document. */
    WHOLE,
    /** Server-sent events. */
    STREAMED,
    /** Server-sent events with a last one for usage. */
    STREAMED_WITH_USAGE,
    /** No answer, only the prompt's token counts. */
    COUNTS_ONLY
  }
}
