package io.winnow.modelkit;

import io.winnow.modelkit.DroppingStep.Flow;
import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import io.winnow.modelkit.OnnxGraphBuilder.Normed;
import java.io.IOException;
import java.util.List;

/** Writes one segment of a decoder as docs/decoder-graph.md specifies it. */
final class DecoderSegmentGraph {

  /** Most logit candidates per row. */
  static final int MAX_CANDIDATES = 256;

  private final OnnxGraphBuilder g;
  private final DecoderShape text;
  private final DecoderWeights weights;
  private final Range range;
  private final boolean dropping;

  /**
   * @param dropping false leaves the dropping step out: the graph that one without it is compared
   *     with
   */
  DecoderSegmentGraph(
      OnnxGraphBuilder g,
      DecoderShape text,
      DecoderWeights weights,
      Range range,
      boolean dropping) {
    this.g = g;
    this.text = text;
    this.weights = weights;
    this.range = range;
    this.dropping = dropping;
  }

  /** A run of layers of the decoder. */
  record Range(int first, int count) {
    int end() {
      return first + count;
    }
  }

  void build() throws IOException {
    declareInputs();
    SegmentPlan plan =
        dropping
            ? SegmentPlan.build(g, range.count())
            : SegmentPlan.withoutDropping(g, range.count());
    Rotation rotation = rotation();
    String hidden = range.first() == 0 ? embed() : g.toCompute("hidden");
    LayerState state = new LayerState(hidden, "", initialRows(), "", "");
    for (int layer = range.first(); layer < range.end(); layer++) {
      state = layer(layer, state, plan, rotation);
    }
    g.namedFloat("hidden_out", g.op("Add", state.residual(), state.update()));
    new SegmentOutputs(g, text, weights, plan).build(state, range.end() == text.layers());
  }

  /**
   * Between two layers.
   *
   * @param residual the stream // [B, T, D]
   * @param update what is still to be added to it, or empty // [B, T, D]
   * @param rows which of the segment's tokens are left // [B, T]
   * @param score the segment's last layer's ranking score of them, if there is one // [T]
   * @param attention what they received in that layer, if it was observed // [2, T]
   */
  record LayerState(String residual, String update, String rows, String score, String attention) {}

  /** Cosines and sines of the angles of each token. // [B * T, head dim / 2] each */
  private record Rotation(String cosines, String sines) {}

  private void declareInputs() {
    int layers = range.count();
    if (range.first() == 0) {
      g.input("token_ids", ElementType.INT64, "B", "T");
      g.input("visual_tokens", ElementType.FLOAT, "V", text.hiddenSize());
    } else {
      g.input("hidden", ElementType.FLOAT, "B", "T", text.hiddenSize());
    }
    g.input("positions", ElementType.INT64, "B", "T");
    g.input("spans", ElementType.INT64, "B", "T");
    g.input("scores", ElementType.FLOAT, "B", "T");
    g.input("cached_lengths", ElementType.INT32, layers, "B");
    g.input("keep", ElementType.INT64, layers, "P");
    g.input("ranking", ElementType.INT64);
    g.input("observe", ElementType.INT64);
    g.input("text_start", ElementType.INT64);
    for (int layer = range.first(); layer < range.end(); layer++) {
      g.input("past_key_" + layer, g.compute(), cacheShape());
      g.input("past_value_" + layer, g.compute(), cacheShape());
    }
    if (range.end() == text.layers()) {
      g.input("logit_rows", ElementType.INT64, "R");
    }
  }

  private Object[] cacheShape() {
    return new Object[] {"B", text.kvHeads(), "C", text.headDim()};
  }

  /** Token embeddings with the visual tokens in their places. [B, T, D] */
  private String embed() throws IOException {
    Matrices matrices = g.precision().ends();
    String embedded = matrices.lookUp(g, "embed_tokens", tokenIds(), weights.embedding());
    String visual = g.op("GreaterOrEqual", "spans", g.scalar(0L)).value();
    String places = g.op("NonZero", visual).value(); // [2, V]
    String indices = g.op("Transpose", places).with("perm", new long[] {1, 0}).value();
    return g.op("ScatterND", embedded, indices, g.toCompute("visual_tokens")).value();
  }

  /** Ids that have an embedding; a visual token replaces what a stand-in looks up. [B, T] */
  private String tokenIds() {
    return weights.embedsPlaceholder()
        ? "token_ids"
        : g.op("Min", "token_ids", g.scalar(text.vocabularySize() - 1L)).value();
  }

  /**
   * The rotations of this call's tokens; the layers pick theirs by row. Angles are products of two
   * fp32 numbers, as in the reference.
   */
  private Rotation rotation() {
    List<Float> rates = text.rope().frequencies();
    float[] frequencies = new float[rates.size()];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = rates.get(i);
    }
    String positions = g.op("Cast", "positions").with("to", ElementType.FLOAT.code()).value();
    String column = g.op("Reshape", positions, g.longs(-1, 1)).value();
    String angles = g.op("Mul", column, g.floats(frequencies, frequencies.length)).value();
    return new Rotation(
        amplified(g.op("Cos", angles).value()), amplified(g.op("Sin", angles).value()));
  }

  private String amplified(String value) {
    float amplitude = text.rope().amplitude();
    return g.toCompute(amplitude == 1 ? value : g.op("Mul", value, g.scalar(amplitude)).value());
  }

  /** Numbers the tokens of this call from 0 on. [B, T] */
  private String initialRows() {
    String count = g.op("Size", "spans").value();
    String numbers = g.op("Range", g.scalar(0L), count, g.scalar(1L)).value();
    return g.op("Reshape", numbers, g.op("Shape", "spans").value()).value();
  }

  private LayerState layer(int layer, LayerState in, SegmentPlan plan, Rotation rotation)
      throws IOException {
    int hidden = text.hiddenSize();
    int queryWidth = text.heads() * text.headDim();
    int keyWidth = text.kvHeads() * text.headDim();
    Normed normed = norm(layer, "input_layernorm", in.residual(), in.update());
    String query = project(layer, "self_attn.q_proj", normed.value(), hidden, queryWidth);
    String key = project(layer, "self_attn.k_proj", normed.value(), hidden, keyWidth);
    String value = project(layer, "self_attn.v_proj", normed.value(), hidden, keyWidth);
    query = rotate(query, text.heads(), in.rows(), rotation);
    key = rotate(key, text.kvHeads(), in.rows(), rotation);
    String attention = attend(layer, plan, query, key, value);

    Flow flow = new Flow(attention, normed.sum(), in.rows());
    String score = "";
    String received = "";
    if (dropping) {
      boolean last = layer == range.end() - 1;
      DroppingStep.Scored scored =
          new DroppingStep(text, plan).build(g, layer - range.first(), last, flow, query, key);
      flow = scored.flow();
      score = scored.score();
      received = scored.attention();
    }
    String projected = project(layer, "self_attn.o_proj", flow.attention(), queryWidth, hidden);
    Normed after = norm(layer, "post_attention_layernorm", flow.residual(), projected);
    String update = feedForward(layer, after.value());
    return new LayerState(after.sum(), update, flow.rows(), score, received);
  }

  /** Adds the update to the residual: the RMS norm of the sum, and the sum. */
  private Normed norm(int layer, String part, String residual, String update) throws IOException {
    String weight = g.weight("layers." + layer + "." + part, weights.norm(layer, part));
    if (update.isEmpty()) {
      String normed =
          g.op("RMSNormalization", residual, weight).with("epsilon", text.epsilon()).value();
      return new Normed(normed, residual);
    }
    return g.contrib("SkipSimplifiedLayerNormalization", residual, update, weight)
        .with("epsilon", text.epsilon())
        .normed();
  }

  private String project(int layer, String part, String value, int in, int out) throws IOException {
    SafetensorsTensor matrix = weights.projection(layer, part, in, out);
    String name = "layers." + layer + "." + part;
    String product = g.precision().layers().multiply(g, name, value, matrix).value();
    return text.biases().contains(part) ? bias(layer, part, product, out) : product;
  }

  private String bias(int layer, String part, String product, int out) throws IOException {
    Weight bias = weights.bias(layer, part, out);
    return g.op("Add", product, g.weight("layers." + layer + "." + part + ".bias", bias)).value();
  }

  private String rotate(String value, int heads, String rows, Rotation rotation) {
    return g.contrib("RotaryEmbedding", value, rows, rotation.cosines(), rotation.sines())
        .with("num_heads", heads)
        .with("rotary_embedding_dim", 0)
        .value();
  }

  private String attend(int layer, SegmentPlan plan, String query, String key, String value) {
    String presentKey = "present_key_" + layer;
    String presentValue = "present_value_" + layer;
    int number = layer - range.first();
    String attention = "attention_" + layer;
    g.contrib(
            "GroupQueryAttention",
            query,
            key,
            value,
            "past_key_" + layer,
            "past_value_" + layer,
            plan.pastEnds().get(number),
            plan.totals().get(number))
        .with("num_heads", text.heads())
        .with("kv_num_heads", text.kvHeads())
        .with("scale", (float) (1 / Math.sqrt(text.headDim())))
        .named(attention, presentKey, presentValue);
    g.output(presentKey, g.compute(), cacheShape());
    g.output(presentValue, g.compute(), cacheShape());
    return attention;
  }

  /** SwiGLU: down(silu(gate) * up). */
  private String feedForward(int layer, String value) throws IOException {
    int hidden = text.hiddenSize();
    int width = text.intermediateSize();
    String gate = project(layer, "mlp.gate_proj", value, hidden, width);
    String up = project(layer, "mlp.up_proj", value, hidden, width);
    String silu = g.contrib("QuickGelu", gate).with("alpha", 1f).value();
    return project(layer, "mlp.down_proj", g.op("Mul", silu, up).value(), width, hidden);
  }
}
