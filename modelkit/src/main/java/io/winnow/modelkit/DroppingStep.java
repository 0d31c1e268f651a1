package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.util.List;

/**
 * Drops visual tokens between a layer's attention and its output projection. All of it stands in
 * the branch of an If: decode steps and layers that keep everything pay for that one node. The
 * branch runs for prefill only, so there is one row (B = 1).
 */
final class DroppingStep {

  private final DecoderShape text;
  private final SegmentPlan plan;

  DroppingStep(DecoderShape text, SegmentPlan plan) {
    this.text = text;
    this.plan = plan;
  }

  /**
   * What a layer hands from its attention to the rest of it.
   *
   * @param attention attention output // [B, T, heads * head dim]
   * @param residual what the layer's input was // [B, T, D]
   * @param rows which of the segment's tokens these are // [B, T] int64
   */
  record Flow(String attention, String residual, String rows) {}

  /** A flow, and the score of each of its tokens if the step was observed. // [T] */
  record Scored(Flow flow, String score) {}

  /**
   * @param layer number in the segment
   * @param scored whether the scores are wanted: in the segment's last layer
   * @param query rotated // [B, T, heads * head dim]
   * @param key rotated // [B, T, kv heads * head dim]
   */
  Scored build(OnnxGraphBuilder g, int layer, boolean scored, Flow flow, String query, String key) {
    OnnxGraphBuilder keep = g.branch("keep_" + layer);
    keep(keep, scored, flow);
    OnnxGraphBuilder drop = g.branch("drop_" + layer);
    drop(drop, layer, scored, flow, query, key);
    List<String> out =
        g.op("If", plan.acts().get(layer))
            .with("then_branch", drop)
            .with("else_branch", keep)
            .values(scored ? 4 : 3);
    return new Scored(new Flow(out.get(0), out.get(1), out.get(2)), scored ? out.get(3) : "");
  }

  private static void keep(OnnxGraphBuilder g, boolean scored, Flow flow) {
    g.branchOutput(g.op("Identity", flow.attention()).value(), ElementType.FLOAT);
    g.branchOutput(g.op("Identity", flow.residual()).value(), ElementType.FLOAT);
    g.branchOutput(g.op("Identity", flow.rows()).value(), ElementType.INT64);
    if (scored) {
      g.branchOutput(g.op("Identity", g.floats(new float[0], 0)).value(), ElementType.FLOAT);
    }
  }

  private void drop(
      OnnxGraphBuilder g, int layer, boolean scored, Flow flow, String query, String key) {
    String rows = g.op("Reshape", flow.rows(), g.longs(-1)).value(); // [T]
    String spans = g.op("Gather", plan.spans(), rows).value(); // [T]
    String limits = g.op("Gather", plan.alive(), g.scalar(layer + 1L)).value(); // [P + 1]
    String membership =
        g.op("OneHot", spans, g.op("Shape", limits).value(), g.longs(0, 1)).value(); // [T, P + 1]
    String score = score(g, rows, membership, query, key);
    String kept = kept(g, score, spans, membership, limits);
    g.branchOutput(compress(g, flow.attention(), kept, 1), ElementType.FLOAT);
    g.branchOutput(compress(g, flow.residual(), kept, 1), ElementType.FLOAT);
    g.branchOutput(compress(g, flow.rows(), kept, 1), ElementType.INT64);
    if (scored) {
      g.branchOutput(compress(g, score, kept, 0), ElementType.FLOAT);
    }
  }

  private static String compress(OnnxGraphBuilder g, String value, String kept, int axis) {
    return g.op("Compress", value, kept).with("axis", axis).value();
  }

  /** Which tokens stay, in their own order. [T] bool */
  private static String kept(
      OnnxGraphBuilder g, String score, String spans, String membership, String limits) {
    // TopK puts the lower index first among equals, and so settles ties.
    List<String> sorted = g.op("TopK", score, g.op("Shape", score).value()).values(2);
    String order = sorted.get(1); // [T], best first
    String members = g.op("Gather", membership, order).value();
    String running = g.op("CumSum", members, g.scalar(0L)).value();
    String rank =
        g.op("ReduceSum", g.op("Mul", running, members).value(), g.longs(1))
            .with("keepdims", 0)
            .value(); // within the picture, from 1
    String limit = g.op("Gather", limits, g.op("Gather", spans, order).value()).value();
    String stays = g.op("LessOrEqual", rank, limit).value();
    return g.op("ScatterElements", stays, order, stays).with("axis", 0).value();
  }

  /** The ranking score of every token, of text too, where it means nothing. [T] */
  private String score(
      OnnxGraphBuilder g, String rows, String membership, String query, String key) {
    OnnxGraphBuilder fitPrune = g.branch("fitprune");
    fitPrune.branchOutput(fitPrune(fitPrune, membership, query, key), ElementType.FLOAT);
    OnnxGraphBuilder fastV = g.branch("fastv");
    fastV.branchOutput(fastV(fastV, query, key), ElementType.FLOAT);
    OnnxGraphBuilder given = g.branch("given");
    String scores = given.op("Reshape", "scores", given.longs(-1)).value();
    given.branchOutput(given.op("Gather", scores, rows).value(), ElementType.FLOAT);

    OnnxGraphBuilder others = g.branch("fastv_or_given");
    others.branchOutput(choice(others, 1, fastV, given), ElementType.FLOAT);
    return choice(g, 0, fitPrune, others);
  }

  private static String choice(
      OnnxGraphBuilder g, long ranking, OnnxGraphBuilder equal, OnnxGraphBuilder other) {
    return g.op("If", g.op("Equal", "ranking", g.scalar(ranking)).value())
        .with("then_branch", equal)
        .with("else_branch", other)
        .value();
  }

  /** FitPrune (arXiv 2409.10197): head-maximum attention, self x cross, as sums. */
  private String fitPrune(OnnxGraphBuilder g, String membership, String query, String key) {
    String logits = attentionLogits(g, query, key); // [kv heads, group, T, T]
    String shape = g.op("Shape", logits).with("start", 2).value();
    String future =
        g.op(
                "Trilu",
                g.op("Expand", g.scalar(Float.NEGATIVE_INFINITY), shape).value(),
                g.scalar(1L))
            .with("upper", 1)
            .value();
    String weights = g.op("Softmax", g.op("Add", logits, future).value()).with("axis", -1).value();
    String most = g.op("ReduceMax", weights, g.longs(0, 1)).with("keepdims", 0).value(); // [T, T]
    String members = g.op("Cast", membership).with("to", ElementType.FLOAT.code()).value();
    String groups = g.op("Transpose", members).with("perm", new long[] {1, 0}).value();
    String received = g.op("MatMul", groups, most).value(); // [P + 1, T]: from each picture, text
    String own = g.op("Mul", received, groups).value();
    String self = g.op("ReduceSum", own, g.longs(0)).with("keepdims", 0).value();
    String cross = g.op("Gather", received, g.scalar(-1L)).with("axis", 0).value();
    return g.op("Mul", self, cross).value();
  }

  /** FastV (arXiv 2403.06764): head-mean attention of the last token. */
  private String fastV(OnnxGraphBuilder g, String query, String key) {
    String last = g.op("Slice", query, g.longs(-1), g.longs(Long.MAX_VALUE), g.longs(1)).value();
    String weights = g.op("Softmax", attentionLogits(g, last, key)).with("axis", -1).value();
    return g.op("ReduceMean", weights, g.longs(0, 1, 2)).with("keepdims", 0).value();
  }

  /** Scaled products of queries and this call's keys. [kv heads, group, rows, T] */
  private String attentionLogits(OnnxGraphBuilder g, String query, String key) {
    String scaled = g.op("Mul", query, g.scalar((float) (1 / Math.sqrt(text.headDim())))).value();
    String queries =
        g.op("Transpose", heads(g, scaled, text.heads() / text.kvHeads()))
            .with("perm", new long[] {1, 2, 0, 3})
            .value();
    String keys = g.op("Transpose", heads(g, key, 1)).with("perm", new long[] {1, 2, 3, 0}).value();
    return g.op("MatMul", queries, keys).value();
  }

  private String heads(OnnxGraphBuilder g, String value, int group) {
    return g.op("Reshape", value, g.longs(-1, text.kvHeads(), group, text.headDim())).value();
  }
}
