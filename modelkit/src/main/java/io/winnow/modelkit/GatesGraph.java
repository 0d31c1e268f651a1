package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.io.IOException;
import java.util.List;

/**
 * Writes the exit gates of several layers as one graph (DyVTE, arXiv 2411.19628, section 3): logits
 * = W2 * GELU(W1 * text status). Each gate stands in an If of its own, so that a run reads the
 * weights of the layers it asks for and of no other; rows of different layers may share a run.
 */
final class GatesGraph {

  /** Keep and exit. */
  static final int CLASSES = 2;

  private final OnnxGraphBuilder g;
  private final GateWeights weights;
  private final List<Integer> layers;
  private final int statusWidth;

  /**
   * @param layers the gates to take, ascending
   * @param statusWidth twice the decoder's hidden size
   */
  GatesGraph(OnnxGraphBuilder g, GateWeights weights, List<Integer> layers, int statusWidth) {
    this.g = g;
    this.weights = weights;
    this.layers = layers;
    this.statusWidth = statusWidth;
  }

  void build() throws IOException {
    g.input("text_status", ElementType.FLOAT, "B", statusWidth);
    g.input("layer", ElementType.INT64, "B", 1);
    String rows = g.op("Shape", "text_status").with("end", 1).value();
    String shape = g.op("Concat", rows, g.longs(CLASSES)).with("axis", 0).value();
    String logits = g.op("Expand", g.scalar(0f), shape).value();
    for (int layer : layers) {
      logits = answered(layer, logits);
    }
    g.op("Identity", logits).named("logits");
    g.output("logits", ElementType.FLOAT, "B", CLASSES);
  }

  /** The logits, those of the rows that ask this layer's gate filled in. [B, classes] */
  private String answered(int layer, String logits) throws IOException {
    String asked = g.op("Equal", "layer", g.scalar((long) layer)).value(); // [B, 1]
    String counted = g.op("Cast", asked).with("to", ElementType.INT32.code()).value();
    String most = g.op("ReduceMax", counted).with("keepdims", 0).value();
    String any = g.op("Cast", most).with("to", ElementType.BOOL.code()).value();
    OnnxGraphBuilder gate = g.branch("gate_" + layer);
    gate.branchOutput(
        gate.op("Where", asked, gate(gate, layer), logits).value(), ElementType.FLOAT);
    OnnxGraphBuilder others = g.branch("without_gate_" + layer);
    others.branchOutput(others.op("Identity", logits).value(), ElementType.FLOAT);
    return g.op("If", any).with("then_branch", gate).with("else_branch", others).value();
  }

  private String gate(OnnxGraphBuilder gate, int layer) throws IOException {
    String name = "layers." + layer + ".";
    Matrices matrices = g.precision().layers();
    String inner =
        matrices
            .multiply(gate, name + "first", "text_status", weights.first(layer, statusWidth))
            .value();
    String active = Activation.GELU.apply(gate, inner);
    return matrices.multiply(gate, name + "second", active, weights.second(layer)).value();
  }
}
