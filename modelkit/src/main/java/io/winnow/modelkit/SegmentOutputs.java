package io.winnow.modelkit;

import io.winnow.modelkit.DecoderSegmentGraph.LayerState;
import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.io.IOException;
import java.util.List;

/** What a segment gives besides its hidden state and its caches. */
final class SegmentOutputs {

  private final OnnxGraphBuilder g;
  private final DecoderShape text;
  private final DecoderWeights weights;
  private final SegmentPlan plan;

  SegmentOutputs(OnnxGraphBuilder g, DecoderShape text, DecoderWeights weights, SegmentPlan plan) {
    this.g = g;
    this.text = text;
    this.weights = weights;
    this.plan = plan;
  }

  void build(LayerState state, boolean lastSegment) throws IOException {
    g.output("hidden_out", ElementType.FLOAT, "B", "U", text.hiddenSize());
    survivors(state.rows());
    String hidden = g.op("Reshape", "hidden_out", g.longs(-1, text.hiddenSize())).value();
    if (!state.score().isEmpty()) {
      observations(hidden, state);
    }
    if (lastSegment) {
      logits(hidden);
    }
  }

  /** Positions, spans and scores of the tokens that are left. */
  private void survivors(String rows) {
    gather("positions", rows, ElementType.INT64);
    gather("spans", rows, ElementType.INT64);
    gather("scores", rows, ElementType.FLOAT);
  }

  private void gather(String name, String rows, ElementType type) {
    String flat = name.equals("spans") ? plan.spans() : g.op("Reshape", name, g.longs(-1)).value();
    g.op("Gather", flat, rows).named(name + "_out");
    g.output(name + "_out", type, "B", "U");
  }

  /** Importance, FitPrune's two vectors and text status: empty unless they are asked for. */
  private void observations(String hidden, LayerState state) {
    OnnxGraphBuilder observed = g.branch("observed");
    String visual = visual(observed);
    observed.branchOutput(
        observed.op("Compress", state.score(), visual).with("axis", 0).value(), ElementType.FLOAT);
    String attention =
        observed.op("Compress", state.attention(), visual).with("axis", 1).value(); // [2, V']
    for (long row = 0; row < 2; row++) {
      observed.branchOutput(
          observed.op("Gather", attention, observed.scalar(row)).with("axis", 0).value(),
          ElementType.FLOAT);
    }
    OnnxGraphBuilder ignored = g.branch("ignored");
    String none = g.floats(new float[0], 0);
    for (int output = 0; output < 3; output++) {
      ignored.branchOutput(ignored.op("Identity", none).value(), ElementType.FLOAT);
    }
    g.op("If", g.op("Equal", "observe", g.scalar(1L)).value())
        .with("then_branch", observed)
        .with("else_branch", ignored)
        .named("importance", "self_attention", "cross_attention");
    g.output("importance", ElementType.FLOAT, "W");
    g.output("self_attention", ElementType.FLOAT, "W");
    g.output("cross_attention", ElementType.FLOAT, "W");
    status(hidden);
  }

  /** Alone it needs no attention map, and exit gates need nothing else. */
  private void status(String hidden) {
    OnnxGraphBuilder observed = g.branch("status");
    observed.branchOutput(textStatus(observed, hidden), ElementType.FLOAT);
    OnnxGraphBuilder ignored = g.branch("no_status");
    String none = g.floats(new float[0], 0, text.hiddenSize());
    ignored.branchOutput(ignored.op("Identity", none).value(), ElementType.FLOAT);
    g.op("If", g.op("Greater", "observe", g.scalar(0L)).value())
        .with("then_branch", observed)
        .with("else_branch", ignored)
        .named("text_status");
    g.output("text_status", ElementType.FLOAT, "two", text.hiddenSize());
  }

  /** Which of the tokens that are left are visual. [T'] bool */
  private static String visual(OnnxGraphBuilder g) {
    String spans = g.op("Reshape", "spans_out", g.longs(-1)).value();
    return g.op("GreaterOrEqual", spans, g.scalar(0L)).value();
  }

  /** Mean of the text rows from text_start on without the last row, and the last row. [2, D] */
  private static String textStatus(OnnxGraphBuilder g, String hidden) {
    String spans = g.op("Reshape", "spans_out", g.longs(-1)).value(); // [T]
    String positions = g.op("Reshape", "positions_out", g.longs(-1)).value();
    String isText = g.op("Less", spans, g.scalar(0L)).value();
    String isLate = g.op("GreaterOrEqual", positions, "text_start").value();
    String counted = g.op("And", isText, isLate).value();
    String chosen = g.op("Cast", counted).with("to", ElementType.FLOAT.code()).value();
    String others = g.op("Slice", chosen, g.longs(0), g.longs(-1)).value();
    String count = g.op("ReduceSum", others).value(); // [1]
    String alone =
        g.op("Cast", g.op("Equal", count, g.scalar(0f)).value())
            .with("to", ElementType.FLOAT.code())
            .value();
    String share = g.op("Concat", others, alone).with("axis", 0).value();
    String mean = g.op("Div", share, g.op("Max", count, g.scalar(1f)).value()).value(); // [T]
    String row = g.op("Unsqueeze", mean, g.longs(0)).value();
    String average = g.op("MatMul", row, hidden).value(); // [1, D]
    String last = g.op("Gather", hidden, g.longs(-1)).with("axis", 0).value();
    return g.op("Concat", average, last).with("axis", 0).value();
  }

  private void logits(String hidden) throws IOException {
    int candidates = Math.min(DecoderSegmentGraph.MAX_CANDIDATES, text.vocabularySize());
    String rows = g.toCompute(g.op("Gather", hidden, "logit_rows").with("axis", 0).value());
    String normed =
        g.op("RMSNormalization", rows, g.weight("norm", weights.finalNorm()))
            .with("epsilon", text.epsilon())
            .value();
    Matrices matrices = g.precision().ends();
    g.namedFloat("logits", matrices.multiply(g, "lm_head", normed, weights.head()));
    List<String> best =
        g.op("TopK", "logits", g.longs(candidates)).named("candidate_logits", "candidate_ids");
    g.op("ReduceLogSumExp", "logits", g.longs(1)).with("keepdims", 0).named("log_sum_exp");
    g.output("logits", ElementType.FLOAT, "R", text.vocabularySize());
    g.output(best.get(0), ElementType.FLOAT, "R", candidates);
    g.output(best.get(1), ElementType.INT64, "R", candidates);
    g.output("log_sum_exp", ElementType.FLOAT, "R");
  }
}
