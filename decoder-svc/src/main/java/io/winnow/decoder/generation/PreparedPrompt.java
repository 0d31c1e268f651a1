package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.runtime.text.EncodedPrompt;
import io.winnow.runtime.text.PromptRows;
import java.util.Arrays;
import java.util.List;

/**
 * A conversation that was checked against the model.
 *
 * @param model answers
 * @param encoded token ids, one per picture
 * @param pictures in prompt order
 * @param maxTokens most tokens to generate, at least 1: what was asked for, cut at the context
 */
record PreparedPrompt(
    AnsweringModel model, EncodedPrompt encoded, List<Picture> pictures, int maxTokens) {

  PreparedPrompt {
    pictures = List.copyOf(pictures);
  }

  /** Tokens before reduction. */
  PromptCount count() {
    return new PromptCount(encoded.textTokens(), pictures.size() * model.tokensPerPicture());
  }

  /** Tells that it was prepared. */
  AnswerEvent event(long at, long since) {
    return new AnswerEvent.Prepared(
        at, since, model.name(), pictures.size(), count().textTokens(), count().imageTokens());
  }

  /** The unpruned rows. */
  PromptRows rows() {
    int[] tokens = new int[pictures.size()]; // [pictures]
    Arrays.fill(tokens, model.tokensPerPicture());
    return encoded.expand(tokens);
  }

  /** The same without the picture files, for when they are sent. */
  PreparedPrompt withoutFiles() {
    return new PreparedPrompt(
        model, encoded, pictures.stream().map(Picture::withoutContent).toList(), maxTokens);
  }

  /**
   * A picture of the conversation.
   *
   * @param content the file
   * @param param its place in the request
   * @param detail how closely it is to be looked at
   */
  record Picture(byte[] content, String param, Detail detail) {

    Picture withoutContent() {
      return new Picture(new byte[0], param, detail);
    }
  }
}
