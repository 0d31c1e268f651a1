package io.winnow.pruner.planning;

/**
 * Everything a plan is made from.
 *
 * @param model model name
 * @param decoder its decoder
 * @param wish what the caller asked for
 * @param textTokens text tokens of the prompt, at least one
 * @param visualTokens visual tokens over all pictures, zero for a text-only prompt
 */
public record PlanRequest(
    String model, DecoderDimensions decoder, ReductionWish wish, int textTokens, int visualTokens) {

  public PlanRequest {
    if (textTokens < 1 || visualTokens < 0) {
      throw new IllegalArgumentException(
          "a prompt of %d text and %d visual tokens".formatted(textTokens, visualTokens));
    }
  }
}
