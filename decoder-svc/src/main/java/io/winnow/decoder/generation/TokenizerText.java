package io.winnow.decoder.generation;

import io.winnow.runtime.text.ChatTurn;
import io.winnow.runtime.text.EncodedPrompt;
import io.winnow.runtime.text.PromptEncoder;
import io.winnow.runtime.text.TextStream;
import io.winnow.runtime.text.Tokenizer;
import java.util.List;

/** The text side of a model by its tokenizer and chat template. */
public final class TokenizerText implements ModelText {

  private final Tokenizer tokenizer;
  private final PromptEncoder prompts;

  /** Both stay the caller's to close. */
  public TokenizerText(Tokenizer tokenizer, PromptEncoder prompts) {
    this.tokenizer = tokenizer;
    this.prompts = prompts;
  }

  @Override
  public EncodedPrompt encode(List<ChatTurn> turns) {
    return prompts.encode(turns);
  }

  @Override
  public AnswerText answer(List<String> stop) {
    TextStream stream = new TextStream(tokenizer, stop);
    return new AnswerText() {
      @Override
      public String accept(int id) {
        return stream.accept(id);
      }

      @Override
      public String flush() {
        return stream.flush();
      }

      @Override
      public boolean stopped() {
        return stream.stopped();
      }
    };
  }

  @Override
  public String tokenText(int id) {
    return tokenizer.tokenText(id);
  }
}
