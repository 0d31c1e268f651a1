package io.winnow.decoder.chat;

import java.util.List;

/**
 * Newly decoded text; the deltas concatenated are the answer.
 *
 * @param text whole Unicode characters; may be empty while a character or a stop string is
 *     incomplete
 * @param tokens the tokens behind it, if log-probabilities were asked for
 */
public record AnswerDelta(String text, List<TokenLogprob> tokens) {

  public AnswerDelta {
    tokens = List.copyOf(tokens);
  }

  /**
   * A token with its log-probability.
   *
   * @param id token id
   * @param text its text
   * @param logprob natural log under the model, before temperature and truncation
   * @param top the most probable tokens, best first, themselves without alternatives
   */
  public record TokenLogprob(int id, String text, double logprob, List<TokenLogprob> top) {

    public TokenLogprob {
      top = List.copyOf(top);
    }
  }
}
