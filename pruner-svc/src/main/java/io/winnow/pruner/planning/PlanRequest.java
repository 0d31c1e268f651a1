package io.winnow.pruner.planning;

import java.util.List;
import java.util.Optional;

/**
 * Everything about a generation that a plan is made from.
 *
 * @param model model name
 * @param decoder its decoder
 * @param wish what the caller asked for
 * @param textTokens text tokens of the prompt, at least one
 * @param pictures the pictures in prompt order; empty for a text-only prompt
 * @param segmentEnds layers behind the end of each of the decoder's segments, ascending, the last
 *     all of them // [segments]
 * @param weightsSha256 fingerprint of the weights that the decoder runs, if it is known
 */
public record PlanRequest(
    String model,
    DecoderDimensions decoder,
    ReductionWish wish,
    int textTokens,
    List<PictureTokens> pictures,
    List<Integer> segmentEnds,
    Optional<String> weightsSha256) {

  public PlanRequest {
    if (textTokens < 1) {
      throw new IllegalArgumentException("a prompt of " + textTokens + " text tokens");
    }
    pictures = List.copyOf(pictures);
    segmentEnds = List.copyOf(segmentEnds);
  }

  /** A request to a decoder of one segment and unknown weights. */
  public PlanRequest(
      String model,
      DecoderDimensions decoder,
      ReductionWish wish,
      int textTokens,
      List<PictureTokens> pictures) {
    this(model, decoder, wish, textTokens, pictures, List.of(decoder.layers()), Optional.empty());
  }

  /** Visual tokens over all pictures. */
  public int visualTokens() {
    return pictures.stream().mapToInt(PictureTokens::count).sum();
  }

  /** Visual tokens of each picture // [pictures] */
  int[] pictureSizes() {
    return pictures.stream().mapToInt(PictureTokens::count).toArray();
  }

  /** The last layer of a segment, 0-based. */
  int lastLayer(int segment) {
    return segmentEnds.get(segment) - 1;
  }

  PrefillMacs macs() {
    return new PrefillMacs(decoder);
  }
}
