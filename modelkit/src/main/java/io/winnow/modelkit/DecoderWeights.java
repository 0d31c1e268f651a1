package io.winnow.modelkit;

/** Finds a decoder's parameters in a checkpoint, whichever transformers version wrote it. */
final class DecoderWeights {

  private final Safetensors tensors;
  private final KeyLayout layout;
  private final DecoderFamily family;
  private final DecoderShape text;
  private final int imageTokenId;
  private final String model;

  DecoderWeights(Safetensors tensors, CheckpointConfig config) {
    this.tensors = tensors;
    this.layout = config.layout();
    this.family = config.decoder();
    this.text = config.text();
    this.imageTokenId = config.imageTokenId();
    this.model =
        TensorNames.prefix(tensors, family.tensor("embed_tokens") + ".weight", layout.decoders());
  }

  /**
   * Whether the pictures' token has an embedding, which its rows are looked up in and then lose.
   */
  boolean embedsPlaceholder() {
    return imageTokenId < text.vocabularySize();
  }

  /** The token embeddings. [vocabulary, D] */
  SafetensorsTensor embedding() {
    return tensors.get(name("embed_tokens") + ".weight", text.vocabularySize(), text.hiddenSize());
  }

  /** The vocabulary projection. [vocabulary, D] */
  SafetensorsTensor head() {
    if (text.tiedEmbeddings()) {
      return embedding();
    }
    String name = TensorNames.first(tensors, layout.heads());
    return tensors.get(name, text.vocabularySize(), text.hiddenSize());
  }

  Weight finalNorm() {
    return Weight.of(tensors.get(name("norm") + ".weight", text.hiddenSize()));
  }

  /** A layer's RMS norm. [D] */
  Weight norm(int layer, String part) {
    return Weight.of(tensors.get(name(layer, part) + ".weight", text.hiddenSize()));
  }

  /** A layer's projection. [out, in] */
  SafetensorsTensor projection(int layer, String part, int in, int out) {
    return tensors.get(name(layer, part) + ".weight", out, in);
  }

  /** What a layer's projection adds. [out] */
  Weight bias(int layer, String part, int out) {
    return Weight.of(tensors.get(name(layer, part) + ".bias", out));
  }

  private String name(int layer, String part) {
    return name("layers." + layer + "." + part);
  }

  private String name(String part) {
    return model + family.tensor(part);
  }
}
