package io.winnow.pruner.planning;

/**
 * The numbers of a decoder that its cost depends on.
 *
 * @param layers L
 * @param hiddenSize d
 * @param intermediateSize m, the width of the FFN
 */
public record DecoderDimensions(int layers, int hiddenSize, int intermediateSize) {

  public DecoderDimensions {
    if (layers < 1 || hiddenSize < 1 || intermediateSize < 1) {
      throw new IllegalArgumentException(
          "a decoder has positive dimensions, not layers=%d hiddenSize=%d intermediateSize=%d"
              .formatted(layers, hiddenSize, intermediateSize));
    }
  }
}
