package io.winnow.decoder.generation;

import io.winnow.runtime.text.ChatTurn;
import io.winnow.runtime.text.EncodedPrompt;
import java.util.List;

/** The text side of a model. Thread-safe. */
public interface ModelText {

  /**
   * Encodes a conversation, ready for the answer.
   *
   * @throws io.winnow.runtime.text.PromptException if the conversation does not fit the model
   */
  EncodedPrompt encode(List<ChatTurn> turns);

  /** Begins the text of an answer that ends before any of the stop strings. */
  AnswerText answer(List<String> stop);

  /** What a single token adds to a text. */
  String tokenText(int id);

  /** Text of one answer, see {@link io.winnow.runtime.text.TextStream}. Not thread-safe. */
  interface AnswerText {

    /** Takes a token and gives the text that is certain by now. */
    String accept(int id);

    /** Gives the text that was held back: no token follows. */
    String flush();

    /** Whether a stop string was met. */
    boolean stopped();
  }
}
