package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import io.winnow.modelkit.OnnxGraphBuilder.Normed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a vision tower up to its deepest feature layer, and the projector behind it. A norm behind
 * the last layer is not part of any feature layer's output.
 */
final class VisionGraph {

  private static final int CHANNELS = 3;

  private final OnnxGraphBuilder g;
  private final CheckpointConfig config;
  private final TowerShape vision;
  private final VisionWeights weights;

  VisionGraph(OnnxGraphBuilder g, CheckpointConfig config, VisionWeights weights) {
    this.g = g;
    this.config = config;
    this.vision = config.vision();
    this.weights = weights;
  }

  void build() throws IOException {
    int size = vision.imageSize();
    g.input("pixel_values", ElementType.FLOAT, "pictures", CHANNELS, size, size);
    project(features());
    g.output(
        "visual_tokens",
        ElementType.FLOAT,
        "pictures",
        vision.patches(),
        config.text().hiddenSize());
    g.output("saliency", ElementType.FLOAT, "pictures", vision.patches());
  }

  /** The feature layers' outputs of the patches. [pictures, patches, layers * width] */
  private String features() throws IOException {
    int deepest = config.features().deepest();
    String stream = embed();
    if (vision.preNorm()) {
      stream = norm("pre_layrnorm", stream, "").value();
    }
    List<String> states = new ArrayList<>(); // by layers run
    String update = "";
    for (int layer = 0; layer < deepest; layer++) {
      String part = "encoder.layers." + layer + ".";
      Normed normed = norm(part + "layer_norm1", stream, update);
      states.add(normed.sum());
      String attended = attend(part, normed.value(), layer == deepest - 1);
      normed = norm(part + "layer_norm2", normed.sum(), attended);
      stream = normed.sum();
      update = feedForward(part, normed.value());
    }
    states.add(g.op("Add", stream, update).value());
    List<String> chosen = new ArrayList<>();
    for (int layer : config.features().layers()) {
      chosen.add(patchesOf(states.get(layer)));
    }
    return chosen.size() == 1
        ? chosen.get(0)
        : g.op("Concat", chosen.toArray(String[]::new)).with("axis", -1).value();
  }

  /**
   * The patches with their positions, behind the class token if there is one. [pictures, tokens,
   * width]
   */
  private String embed() throws IOException {
    int width = vision.hiddenSize();
    int patch = vision.patchSize();
    String part = "embeddings.patch_embedding";
    List<String> inputs = new ArrayList<>();
    inputs.add("pixel_values");
    inputs.add(
        g.weight(
            "patch_embedding",
            Weight.of(weights.tower(part, "weight", width, CHANNELS, patch, patch))));
    if (vision.patchBias()) {
      inputs.add(g.weight("patch_bias", Weight.of(weights.tower(part, "bias", width))));
    }
    String grid =
        g.op("Conv", inputs.toArray(String[]::new))
            .with("strides", new long[] {patch, patch})
            .value();
    String flat = g.op("Reshape", grid, g.longs(0, width, -1)).value();
    String tokens = g.op("Transpose", flat).with("perm", new long[] {0, 2, 1}).value();
    if (vision.classToken()) {
      tokens = g.op("Concat", classTokens(), tokens).with("axis", 1).value();
    }
    SafetensorsTensor positions =
        weights.tower("embeddings.position_embedding", "weight", vision.tokens(), width);
    return g.op("Add", tokens, g.weight("position_embedding", Weight.of(positions))).value();
  }

  /** The class token, once for each picture. [pictures, 1, width] */
  private String classTokens() throws IOException {
    int width = vision.hiddenSize();
    Weight token = Weight.shaped(weights.classToken(width), 1, 1, width);
    String pictures = g.op("Shape", "pixel_values").with("end", 1).value();
    String shape = g.op("Concat", pictures, g.longs(1, width)).with("axis", 0).value();
    return g.op("Expand", g.weight("class_embedding", token), shape).value();
  }

  private String attend(String part, String value, boolean withSaliency) throws IOException {
    String attention = part + "self_attn.";
    String query = linear(attention + "q_proj", value);
    String key = linear(attention + "k_proj", value);
    String values = linear(attention + "v_proj", value);
    if (withSaliency) {
      saliency(query, key);
    }
    String attended =
        g.contrib("MultiHeadAttention", query, key, values)
            .with("num_heads", vision.heads())
            .value();
    return linear(attention + "out_proj", attended);
  }

  /**
   * How much each patch is looked at, mean over the heads: by the class token, or by all patches
   * where there is none.
   */
  private void saliency(String query, String key) {
    String from = query;
    if (vision.classToken()) {
      from = g.op("Slice", query, g.longs(0), g.longs(1), g.longs(1)).value();
    }
    String scaled = g.op("Mul", from, g.scalar((float) (1 / Math.sqrt(vision.headDim())))).value();
    String queries = g.op("Transpose", heads(scaled)).with("perm", new long[] {0, 2, 1, 3}).value();
    String keys = g.op("Transpose", heads(key)).with("perm", new long[] {0, 2, 3, 1}).value();
    String logits = g.op("MatMul", queries, keys).value(); // [pictures, heads, from, tokens]
    String attention = g.op("Softmax", logits).with("axis", -1).value();
    String mean = g.op("ReduceMean", attention, g.longs(1, 2)).with("keepdims", 0).value();
    String patches = vision.classToken() ? patchesOf(mean) : mean;
    g.op("Identity", patches).named("saliency");
  }

  private String heads(String value) {
    return g.op("Reshape", value, g.longs(0, 0, vision.heads(), vision.headDim())).value();
  }

  private String feedForward(String part, String value) throws IOException {
    int width = vision.hiddenSize();
    int inner = vision.intermediateSize();
    String up = linear(part + "mlp.fc1", value, width, inner);
    return linear(part + "mlp.fc2", vision.activation().apply(g, up), inner, width);
  }

  /** Leaves the class token out. */
  private String patchesOf(String tokens) {
    return vision.classToken()
        ? g.op("Slice", tokens, g.longs(1), g.longs(Long.MAX_VALUE), g.longs(1)).value()
        : tokens;
  }

  private void project(String features) throws IOException {
    int in = vision.hiddenSize() * config.features().layers().size();
    String first = projector(1, features, in);
    String active = config.projector().activation().apply(g, first);
    String second = projector(2, active, config.text().hiddenSize());
    g.op("Identity", second).named("visual_tokens");
  }

  private String projector(int number, String value, int in) throws IOException {
    int out = config.text().hiddenSize();
    String product =
        multiply("projector." + number, value, weights.projector(number, "weight", out, in));
    return config.projector().bias()
        ? add("projector." + number, product, weights.projector(number, "bias", out))
        : product;
  }

  private String linear(String part, String value) throws IOException {
    return linear(part, value, vision.hiddenSize(), vision.hiddenSize());
  }

  private String linear(String part, String value, int in, int out) throws IOException {
    String product = multiply(part, value, weights.tower(part, "weight", out, in));
    return add(part, product, weights.tower(part, "bias", out));
  }

  private String multiply(String name, String value, SafetensorsTensor matrix) throws IOException {
    return g.precision().layers().multiply(g, name + ".weight", value, matrix).value();
  }

  private String add(String name, String value, SafetensorsTensor bias) throws IOException {
    return g.op("Add", value, g.weight(name + ".bias", Weight.of(bias))).value();
  }

  /** Adds the update to the stream: the layer norm of the sum, and the sum. */
  private Normed norm(String part, String stream, String update) throws IOException {
    int width = vision.hiddenSize();
    String scale = g.weight(part + ".weight", Weight.of(weights.tower(part, "weight", width)));
    String shift = g.weight(part + ".bias", Weight.of(weights.tower(part, "bias", width)));
    if (update.isEmpty()) {
      String normed =
          g.op("LayerNormalization", stream, scale, shift)
              .with("epsilon", vision.epsilon())
              .value();
      return new Normed(normed, stream);
    }
    return g.contrib("SkipLayerNormalization", stream, update, scale, shift)
        .with("epsilon", vision.epsilon())
        .normed();
  }
}
