package io.winnow.modelkit;

/**
 * A vision tower in numbers: all that the graph knows about it.
 *
 * @param classToken whether a learned token stands before the patches
 * @param preNorm whether a layer norm stands before the first layer
 * @param patchBias whether the patch embedding has a bias
 */
record TowerShape(
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int imageSize,
    int patchSize,
    Activation activation,
    float epsilon,
    boolean classToken,
    boolean preNorm,
    boolean patchBias) {

  /** What a configuration class fills in. */
  record Defaults(
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int imageSize,
      int patchSize,
      Activation activation,
      double epsilon) {}

  /** What sets a tower apart. */
  record Build(boolean classToken, boolean preNorm, boolean patchBias) {}

  /** Reads the keys that the towers share. */
  static TowerShape read(JsonFields config, Defaults defaults, Build build) {
    int hiddenSize = config.positive("hidden_size", defaults.hiddenSize());
    int heads = config.positive("num_attention_heads", defaults.heads());
    if (hiddenSize % heads != 0) {
      throw config.unsupported("hidden_size", "multiples of num_attention_heads");
    }
    if (config.integer("num_channels", 3) != 3) {
      throw config.unsupported("num_channels", "3");
    }
    return new TowerShape(
        hiddenSize,
        config.positive("intermediate_size", defaults.intermediateSize()),
        config.positive("num_hidden_layers", defaults.layers()),
        heads,
        config.positive("image_size", defaults.imageSize()),
        config.positive("patch_size", defaults.patchSize()),
        Activation.read(config, "hidden_act", defaults.activation()),
        (float) config.number("layer_norm_eps", defaults.epsilon()),
        build.classToken(),
        build.preNorm(),
        build.patchBias());
  }

  /** Patches along an edge; what is left of a picture at the right and the bottom is not seen. */
  int grid() {
    return imageSize / patchSize;
  }

  int patches() {
    return grid() * grid();
  }

  /** Tokens that go through the layers. */
  int tokens() {
    return patches() + (classToken ? 1 : 0);
  }

  int headDim() {
    return hiddenSize / heads;
  }
}
