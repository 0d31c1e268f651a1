package io.winnow.modelkit;

import java.util.Set;

/**
 * A decoder in numbers: all that the graphs know about it.
 *
 * @param contextLength longest sequence that the graphs are exact for
 * @param biases the projections that have one, by their names in a layer
 */
record DecoderShape(
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabularySize,
    int contextLength,
    float epsilon,
    Rope rope,
    Set<String> biases,
    boolean tiedEmbeddings) {

  /** A window that is no limit. */
  static final int NO_WINDOW = Integer.MAX_VALUE;

  // GroupQueryAttention works on whole blocks of eight numbers.
  private static final int HEAD_DIM_STEP = 8;

  /** What a configuration class fills in. {@code kvHeads} of 0 means one for each head. */
  record Defaults(
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int kvHeads,
      int vocabularySize,
      int contextLength) {}

  /**
   * Reads the keys that Llama and its descendants share.
   *
   * @param window tokens that attention looks back on. Within it a sliding window changes nothing,
   *     so it bounds the context.
   */
  static DecoderShape read(JsonFields config, Defaults defaults, Set<String> biases, int window) {
    config.require("hidden_act", "silu", "silu");
    int hiddenSize = config.positive("hidden_size", defaults.hiddenSize());
    int heads = config.positive("num_attention_heads", defaults.heads());
    int kvHeads = config.positive("num_key_value_heads", kvHeads(config, defaults, heads));
    if (heads % kvHeads != 0) {
      throw config.unsupported("num_key_value_heads", "divisors of num_attention_heads");
    }
    int headDim = headDim(config, hiddenSize, heads);
    int positions = config.positive("max_position_embeddings", defaults.contextLength());
    Rope rope = Rope.read(config, headDim, positions);
    return new DecoderShape(
        hiddenSize,
        config.positive("intermediate_size", defaults.intermediateSize()),
        config.positive("num_hidden_layers", defaults.layers()),
        heads,
        kvHeads,
        headDim,
        config.positive("vocab_size", defaults.vocabularySize()),
        Math.min(rope.positions(), window),
        (float) config.number("rms_norm_eps", 1e-6),
        rope,
        biases,
        config.flag("tie_word_embeddings", false));
  }

  /** An explicit null asks for one per head, whatever the default. */
  private static int kvHeads(JsonFields config, Defaults defaults, int heads) {
    boolean perHead = defaults.kvHeads() == 0 || config.node("num_key_value_heads").isNull();
    return perHead ? heads : defaults.kvHeads();
  }

  private static int headDim(JsonFields config, int hiddenSize, int heads) {
    int headDim = config.positive("head_dim", Math.max(1, hiddenSize / heads));
    if (!config.has("head_dim") && hiddenSize % heads != 0) {
      throw config.unsupported("hidden_size", "multiples of num_attention_heads");
    }
    if (headDim % HEAD_DIM_STEP != 0) {
      throw config.unsupported(
          config.has("head_dim") ? "head_dim" : "hidden_size",
          "heads whose width is a multiple of " + HEAD_DIM_STEP);
    }
    return headDim;
  }

  /** The same decoder, its vocabulary projection the embedding's if the whole model says so. */
  DecoderShape tied(boolean tied) {
    return new DecoderShape(
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        kvHeads,
        headDim,
        vocabularySize,
        contextLength,
        epsilon,
        rope,
        biases,
        tiedEmbeddings || tied);
  }
}
