package io.winnow.cli.chat;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to ask.
 *
 * @param picture bytes of a picture file, of any kind that the service reads
 * @param text the question
 * @param model model name; empty leaves it to the service
 * @param maxTokens most tokens of the answer; empty leaves it to the service
 * @param reduction what shall be done to the visual tokens
 * @param detail how closely the picture is to be looked at, as the API names it; empty leaves it
 *     out
 */
public record Question(
    byte[] picture,
    String text,
    Optional<String> model,
    OptionalInt maxTokens,
    ReductionWish reduction,
    Optional<String> detail) {

  /** A question that says nothing of the picture's detail. */
  public Question(
      byte[] picture,
      String text,
      Optional<String> model,
      OptionalInt maxTokens,
      ReductionWish reduction) {
    this(picture, text, model, maxTokens, reduction, Optional.empty());
  }

  /** A question that leaves the visual tokens to the service. */
  public Question(byte[] picture, String text, Optional<String> model, OptionalInt maxTokens) {
    this(picture, text, model, maxTokens, ReductionWish.none());
  }
}
