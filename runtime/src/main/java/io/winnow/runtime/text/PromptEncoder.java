package io.winnow.runtime.text;

import io.winnow.v1.PromptManifest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Turns conversations into token ids. Thread-safe.
 *
 * <p>Control tokens, the pictures' placeholder among them, come from the template only: where
 * somebody writes one ("&lt;image&gt;", "USER:"), a space goes into it ("&lt; image&gt;"), and it
 * becomes ordinary text. All other conversations get exactly the ids of the reference.
 */
public final class PromptEncoder {

  private static final String UNKNOWN = "\uE000"; // a private-use character

  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final PromptManifest manifest;
  private final ControlTokens controlTokens;
  private final Set<Long> countedIds; // control tokens that ordinary text cannot hold

  /**
   * Combines the text side of a model.
   *
   * @param tokenizer stays the caller's to close
   */
  public PromptEncoder(Tokenizer tokenizer, ChatTemplate template, PromptManifest manifest) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.manifest = manifest;
    this.controlTokens =
        new ControlTokens(
            Stream.concat(
                    tokenizer.controlTokens().keySet().stream(),
                    Stream.of(
                        manifest.getImageToken(), manifest.getBosToken(), manifest.getEosToken()))
                .toList());
    this.countedIds = new HashSet<>(tokenizer.controlTokens().values());
    // The token for unknown text is a control token, too, but any text may hold it.
    for (long id : tokenizer.encode(UNKNOWN, false)) {
      countedIds.remove(id);
    }
  }

  /**
   * Encodes a conversation, ready for the answer.
   *
   * @throws PromptException if the template refuses the conversation, has no place for one of its
   *     pictures, or text becomes a control token in spite of all
   */
  public EncodedPrompt encode(List<ChatTurn> turns) {
    return encode(turns, true);
  }

  EncodedPrompt encode(List<ChatTurn> turns, boolean addGenerationPrompt) {
    List<ChatTurn> guarded = turns.stream().map(this::guard).toList();
    ControlTokens.Released rendered =
        controlTokens.release(template.render(guarded, addGenerationPrompt));
    String bos = manifest.getBosToken();
    boolean addSpecialTokens = bos.isEmpty() || !rendered.text().startsWith(bos);
    Tokenizer.Encoded encoded = tokenizer.encodeWithMarks(rendered.text(), addSpecialTokens);
    checkControlTokens(encoded, rendered.literals());
    int[] pictures = places(encoded.ids(), manifest.getImageTokenId());
    int expected = turns.stream().mapToInt(ChatTurn::pictures).sum();
    if (pictures.length != expected) {
      throw new PromptException(
          "the conversation has "
              + expected
              + " pictures, and the model's chat template makes places for "
              + pictures.length);
    }
    return new EncodedPrompt(encoded.ids(), pictures);
  }

  private ChatTurn guard(ChatTurn turn) {
    return new ChatTurn(turn.role(), turn.parts().stream().map(this::guard).toList());
  }

  private ChatTurn.Part guard(ChatTurn.Part part) {
    return part instanceof ChatTurn.Text text
        ? new ChatTurn.Text(controlTokens.guard(text.text()))
        : part;
  }

  /** A tokenizer may match control tokens in normalised text, where no literal was seen before. */
  private void checkControlTokens(Tokenizer.Encoded encoded, List<String> literals) {
    long expected =
        literals.stream()
            .map(tokenizer.controlTokens()::get)
            .filter(id -> id != null && countedIds.contains(id))
            .count();
    long found =
        IntStream.range(0, encoded.ids().length)
            .filter(i -> encoded.added()[i] == 0 && countedIds.contains(encoded.ids()[i]))
            .count();
    if (found > expected) {
      throw new PromptException(
          "the text contains one of the model's control tokens: write it differently");
    }
  }

  private static int[] places(long[] ids, long id) {
    return IntStream.range(0, ids.length).filter(i -> ids[i] == id).toArray();
  }
}
