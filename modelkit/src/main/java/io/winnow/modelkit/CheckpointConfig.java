package io.winnow.modelkit;

import java.nio.file.Path;

/**
 * What config.json says about a LLaVA checkpoint. Keys that it leaves out have the defaults of the
 * Hugging Face configuration classes; a value that the graphs cannot honour is an error.
 */
record CheckpointConfig(
    Vision vision, Text text, String projectorActivation, boolean projectorBias, int imageTokenId) {

  /** The CLIP tower. {@code usedLayers} counts the layers up to the feature layer. */
  record Vision(
      int hiddenSize,
      int intermediateSize,
      int usedLayers,
      int heads,
      int imageSize,
      int patchSize,
      String activation,
      float epsilon) {

    int grid() {
      return imageSize / patchSize;
    }

    int patches() {
      return grid() * grid();
    }

    int headDim() {
      return hiddenSize / heads;
    }
  }

  /** The Llama decoder. */
  record Text(
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int kvHeads,
      int headDim,
      int vocabularySize,
      int contextLength,
      float epsilon,
      double ropeTheta,
      boolean tiedEmbeddings) {}

  static CheckpointConfig read(Path checkpoint) {
    JsonFields config = JsonFields.read(checkpoint.resolve("config.json"));
    require(config, "model_type", "llava", "llava");
    require(config, "vision_feature_select_strategy", "default", "default");
    boolean tied = config.flag("tie_word_embeddings", false);
    return new CheckpointConfig(
        vision(config),
        text(config.object("text_config"), tied),
        activation(config, "projector_hidden_act", "gelu"),
        config.flag("multimodal_projector_bias", true),
        config.integer(config.has("image_token_id") ? "image_token_id" : "image_token_index"));
  }

  private static Vision vision(JsonFields config) {
    JsonFields vision = config.object("vision_config");
    require(vision, "model_type", "clip_vision_model", "clip_vision_model");
    Vision result =
        new Vision(
            vision.positive("hidden_size", 768),
            vision.positive("intermediate_size", 3072),
            featureLayer(config, vision.positive("num_hidden_layers", 12)),
            vision.positive("num_attention_heads", 12),
            vision.positive("image_size", 224),
            vision.positive("patch_size", 32),
            activation(vision, "hidden_act", "quick_gelu"),
            (float) vision.number("layer_norm_eps", 1e-5));
    if (result.hiddenSize % result.heads != 0) {
      throw vision.unsupported("hidden_size", "multiples of num_attention_heads");
    }
    return result;
  }

  /** Number of layers whose last output is the feature; negative values count from the end. */
  private static int featureLayer(JsonFields config, int layers) {
    int layer = config.integer("vision_feature_layer", -2);
    int used = layer < 0 ? layers + 1 + layer : layer;
    if (used < 1 || used > layers) {
      throw config.unsupported("vision_feature_layer", "the outputs of the " + layers + " layers");
    }
    return used;
  }

  private static Text text(JsonFields text, boolean tied) {
    require(text, "model_type", "llama", "llama");
    require(text, "hidden_act", "silu", "silu");
    refuse(text, "attention_bias");
    refuse(text, "mlp_bias");
    int hiddenSize = text.positive("hidden_size", 4096);
    int heads = text.positive("num_attention_heads", 32);
    Text result =
        new Text(
            hiddenSize,
            text.positive("intermediate_size", 11008),
            text.positive("num_hidden_layers", 32),
            heads,
            text.positive("num_key_value_heads", heads),
            text.positive("head_dim", hiddenSize / heads),
            text.positive("vocab_size", 32000),
            text.positive("max_position_embeddings", 2048),
            (float) text.number("rms_norm_eps", 1e-6),
            ropeTheta(text),
            text.flag("tie_word_embeddings", tied));
    if (result.heads % result.kvHeads != 0) {
      throw text.unsupported("num_key_value_heads", "divisors of num_attention_heads");
    }
    return result;
  }

  /** transformers 5 writes rope_parameters; earlier versions rope_theta and rope_scaling. */
  private static double ropeTheta(JsonFields text) {
    for (String key : new String[] {"rope_parameters", "rope_scaling"}) {
      JsonFields rope = text.objectOrEmpty(key);
      require(rope, "rope_type", "default", "default");
      require(rope, "type", "default", "default");
      if (rope.has("rope_theta")) {
        return rope.number("rope_theta", 0);
      }
    }
    return text.number("rope_theta", 10_000);
  }

  private static String activation(JsonFields fields, String key, String absent) {
    String name = fields.text(key, absent);
    return switch (name) {
      case "gelu", "quick_gelu", "gelu_pytorch_tanh" -> name;
      default -> throw fields.unsupported(key, "gelu, quick_gelu, gelu_pytorch_tanh");
    };
  }

  private static void require(JsonFields fields, String key, String absent, String supported) {
    if (!fields.text(key, absent).equals(supported)) {
      throw fields.unsupported(key, supported);
    }
  }

  private static void refuse(JsonFields fields, String key) {
    if (fields.flag(key, false)) {
      throw fields.unsupported(key, "false");
    }
  }
}
