package io.winnow.modelkit;

import io.winnow.modelkit.CheckpointConfig.Vision;
import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import io.winnow.modelkit.OnnxGraphBuilder.Normed;
import java.io.IOException;

/** Writes a CLIP vision tower up to its feature layer, and the projector behind it. */
final class VisionGraph {

  private static final String[] TOWERS = {
    "vision_tower.vision_model.",
    "vision_tower.",
    "model.vision_tower.vision_model.",
    "model.vision_tower."
  };
  private static final String[] PROJECTORS = {
    "multi_modal_projector.", "model.multi_modal_projector."
  };
  private static final int CHANNELS = 3;

  private final OnnxGraphBuilder g;
  private final CheckpointConfig config;
  private final Vision vision;
  private final Safetensors tensors;
  private final String tower;
  private final String projector;

  VisionGraph(OnnxGraphBuilder g, CheckpointConfig config, Safetensors tensors) {
    this.g = g;
    this.config = config;
    this.vision = config.vision();
    this.tensors = tensors;
    this.tower = TensorNames.prefix(tensors, "embeddings.class_embedding", TOWERS);
    this.projector = TensorNames.prefix(tensors, "linear_1.weight", PROJECTORS);
  }

  void build() throws IOException {
    int size = vision.imageSize();
    g.input("pixel_values", ElementType.FLOAT, "pictures", CHANNELS, size, size);
    Normed normed = norm("pre_layrnorm", embed(), "");
    String stream = normed.value();
    String update = "";
    for (int layer = 0; layer < vision.usedLayers(); layer++) {
      String part = "encoder.layers." + layer + ".";
      normed = norm(part + "layer_norm1", stream, update);
      String attended = attend(part, normed.value(), layer == vision.usedLayers() - 1);
      normed = norm(part + "layer_norm2", normed.sum(), attended);
      stream = normed.sum();
      update = feedForward(part, normed.value());
    }
    project(patchesOf(g.op("Add", stream, update).value()));
    g.output(
        "visual_tokens",
        ElementType.FLOAT,
        "pictures",
        vision.patches(),
        config.text().hiddenSize());
    g.output("saliency", ElementType.FLOAT, "pictures", vision.patches());
  }

  /** The class token and the patches, with their positions. [pictures, 1 + patches, width] */
  private String embed() throws IOException {
    int width = vision.hiddenSize();
    int patch = vision.patchSize();
    SafetensorsTensor kernel =
        tensor("embeddings.patch_embedding.weight", width, CHANNELS, patch, patch);
    String grid =
        g.op("Conv", "pixel_values", g.weight("patch_embedding", Weight.of(kernel)))
            .with("strides", new long[] {patch, patch})
            .value();
    String flat = g.op("Reshape", grid, g.longs(0, width, -1)).value();
    String patches = g.op("Transpose", flat).with("perm", new long[] {0, 2, 1}).value();
    Weight classToken = Weight.shaped(tensor("embeddings.class_embedding", width), 1, 1, width);
    String pictures = g.op("Shape", "pixel_values").with("end", 1).value();
    String shape = g.op("Concat", pictures, g.longs(1, width)).with("axis", 0).value();
    String first = g.op("Expand", g.weight("class_embedding", classToken), shape).value();
    String all = g.op("Concat", first, patches).with("axis", 1).value();
    SafetensorsTensor positions =
        tensor("embeddings.position_embedding.weight", vision.patches() + 1L, width);
    return g.op("Add", all, g.weight("position_embedding", Weight.of(positions))).value();
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

  /** Attention of the class token to every patch, mean over the heads. */
  private void saliency(String query, String key) {
    String first = g.op("Slice", query, g.longs(0), g.longs(1), g.longs(1)).value();
    String scaled = g.op("Mul", first, g.scalar((float) (1 / Math.sqrt(vision.headDim())))).value();
    String queries = g.op("Transpose", heads(scaled)).with("perm", new long[] {0, 2, 1, 3}).value();
    String keys = g.op("Transpose", heads(key)).with("perm", new long[] {0, 2, 3, 1}).value();
    String logits = g.op("MatMul", queries, keys).value(); // [pictures, heads, 1, 1 + patches]
    String weights = g.op("Softmax", logits).with("axis", -1).value();
    String mean = g.op("ReduceMean", weights, g.longs(1, 2)).with("keepdims", 0).value();
    g.op("Slice", mean, g.longs(1), g.longs(Long.MAX_VALUE), g.longs(1)).named("saliency");
  }

  private String heads(String value) {
    return g.op("Reshape", value, g.longs(0, 0, vision.heads(), vision.headDim())).value();
  }

  private String feedForward(String part, String value) throws IOException {
    int width = vision.hiddenSize();
    int inner = vision.intermediateSize();
    String up = linear(tower + part + "mlp.fc1", value, width, inner, true);
    String active = activate(vision.activation(), up);
    return linear(tower + part + "mlp.fc2", active, inner, width, true);
  }

  /** The selection strategy "default" leaves the class token out. */
  private String patchesOf(String features) {
    return g.op("Slice", features, g.longs(1), g.longs(Long.MAX_VALUE), g.longs(1)).value();
  }

  private void project(String features) throws IOException {
    int width = config.text().hiddenSize();
    boolean bias = config.projectorBias();
    String first = linear(projector + "linear_1", features, vision.hiddenSize(), width, bias);
    String active = activate(config.projectorActivation(), first);
    String second = linear(projector + "linear_2", active, width, width, bias);
    g.op("Identity", second).named("visual_tokens");
  }

  private String activate(String activation, String value) {
    return switch (activation) {
      case "quick_gelu" -> g.contrib("QuickGelu", value).with("alpha", 1.702f).value();
      case "gelu" -> g.op("Gelu", value).value();
      case "gelu_pytorch_tanh" -> g.op("Gelu", value).with("approximate", "tanh").value();
      default -> throw new IllegalArgumentException("activation is " + activation);
    };
  }

  private String linear(String part, String value) throws IOException {
    return linear(tower + part, value, vision.hiddenSize(), vision.hiddenSize(), true);
  }

  private String linear(String name, String value, int in, int out, boolean bias)
      throws IOException {
    Weight matrix = Weight.transposed(tensors.get(name + ".weight", out, in));
    String product = g.op("MatMul", value, g.weight(name + ".weight", matrix)).value();
    if (!bias) {
      return product;
    }
    Weight shift = Weight.of(tensors.get(name + ".bias", out));
    return g.op("Add", product, g.weight(name + ".bias", shift)).value();
  }

  /** Adds the update to the stream: the layer norm of the sum, and the sum. */
  private Normed norm(String part, String stream, String update) throws IOException {
    String scale =
        g.weight(part + ".weight", Weight.of(tensor(part + ".weight", vision.hiddenSize())));
    String shift = g.weight(part + ".bias", Weight.of(tensor(part + ".bias", vision.hiddenSize())));
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

  private SafetensorsTensor tensor(String part, long... shape) {
    return tensors.get(tower + part, shape);
  }
}
