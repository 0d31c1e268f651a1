package io.winnow.runtime;

import java.util.List;

/**
 * A token that was drawn.
 *
 * @param step number of the token within the answer, from 0
 * @param id token id
 * @param logprob natural log of its probability under the model, before temperature and truncation
 * @param top the most probable tokens, best first, as many as were asked for
 */
public record SampledToken(int step, int id, double logprob, List<Candidate> top) {

  public SampledToken {
    top = List.copyOf(top);
  }

  /**
   * A token that could have been drawn.
   *
   * @param id token id
   * @param logprob natural log of its probability under the model
   */
  public record Candidate(int id, double logprob) {}
}
