package io.winnow.modelkit;

import io.winnow.modelkit.CheckpointConfig.Text;

/** Finds a Llama decoder's parameters in a checkpoint, whichever transformers version wrote it. */
final class LlamaWeights {

  private static final String[] MODELS = {
    "language_model.model.", "model.language_model.", "language_model."
  };
  private static final String[] HEADS = {"language_model.lm_head.weight", "lm_head.weight"};

  private final Safetensors tensors;
  private final Text text;
  private final String model;

  LlamaWeights(Safetensors tensors, Text text) {
    this.tensors = tensors;
    this.text = text;
    this.model = TensorNames.prefix(tensors, "embed_tokens.weight", MODELS);
  }

  Weight embedding() {
    return Weight.of(embeddingTensor());
  }

  /** The vocabulary projection. [D, vocabulary] */
  Weight head() {
    if (text.tiedEmbeddings()) {
      return Weight.transposed(embeddingTensor());
    }
    String name = TensorNames.first(tensors, HEADS);
    return Weight.transposed(tensors.get(name, text.vocabularySize(), text.hiddenSize()));
  }

  Weight finalNorm() {
    return Weight.of(tensors.get(model + "norm.weight", text.hiddenSize()));
  }

  /** A layer's RMS norm. [D] */
  Weight norm(int layer, String part) {
    return Weight.of(tensors.get(name(layer, part), text.hiddenSize()));
  }

  /** A layer's projection. [in, out] */
  Weight projection(int layer, String part, int in, int out) {
    return Weight.transposed(tensors.get(name(layer, part), out, in));
  }

  private SafetensorsTensor embeddingTensor() {
    return tensors.get(model + "embed_tokens.weight", text.vocabularySize(), text.hiddenSize());
  }

  private String name(int layer, String part) {
    return model + "layers." + layer + "." + part + ".weight";
  }
}
