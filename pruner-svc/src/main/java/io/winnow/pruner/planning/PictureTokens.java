package io.winnow.pruner.planning;

import java.util.Optional;

/**
 * The visual tokens of one picture as planning sees them.
 *
 * @param count how many, at least one
 * @param saliency how much each matters by the encoder's own account, all finite // [count]; empty
 *     if the encoder gave none
 * @param detail how closely the caller wants the picture looked at
 */
public record PictureTokens(int count, Optional<float[]> saliency, Detail detail) {

  public PictureTokens {
    if (count < 1) {
      throw new IllegalArgumentException("a picture of " + count + " tokens");
    }
    if (saliency.isPresent() && saliency.get().length != count) {
      throw new IllegalArgumentException(
          "%d saliencies for %d tokens".formatted(saliency.get().length, count));
    }
  }

  /** How closely to look, as in the OpenAI API. */
  public enum Detail {
    /** Left to the pruner. */
    AUTO,
    /** A small share of the tokens is enough. */
    LOW,
    /** Every token counts. */
    HIGH
  }
}
