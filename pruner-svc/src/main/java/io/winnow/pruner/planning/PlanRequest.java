package io.winnow.pruner.planning;

import java.util.List;

/**
 * Everything about a generation that a plan is made from.
 *
 * @param model model name
 * @param decoder its decoder
 * @param wish what the caller asked for
 * @param textTokens text tokens of the prompt, at least one
 * @param pictures the pictures in prompt order; empty for a text-only prompt
 */
public record PlanRequest(
    String model,
    DecoderDimensions decoder,
    ReductionWish wish,
    int textTokens,
    List<PictureTokens> pictures) {

  public PlanRequest {
    if (textTokens < 1) {
      throw new IllegalArgumentException("a prompt of " + textTokens + " text tokens");
    }
    pictures = List.copyOf(pictures);
  }

  /** Visual tokens over all pictures. */
  public int visualTokens() {
    return pictures.stream().mapToInt(PictureTokens::count).sum();
  }

  /** Visual tokens of each picture // [pictures] */
  int[] pictureSizes() {
    return pictures.stream().mapToInt(PictureTokens::count).toArray();
  }

  PrefillMacs macs() {
    return new PrefillMacs(decoder);
  }
}
