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

  /**
   * A flow, and what was seen of its tokens if the step was observed.
   *
   * @param score ranking score // [T]
   * @param attention means of the head-maximum attention that each token received: from its own
   *     picture, then from the text behind it // [2, T]
   */
  record Scored(Flow flow, String score, String attention) {}

  /** FitPrune's two sums. // [T] each */
  private record Received(String self, String cross) {}

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
            .values(scored ? 5 : 3);
    return new Scored(
        new Flow(out.get(0), out.get(1), out.get(2)),
        scored ? out.get(3) : "",
        scored ? out.get(4) : "");
  }

  private static void keep(OnnxGraphBuilder g, boolean scored, Flow flow) {
    g.branchOutput(g.op("Identity", flow.attention()).value(), g.compute());
    g.branchOutput(g.op("Identity", flow.residual()).value(), g.compute());
    g.branchOutput(g.op("Identity", flow.rows()).value(), ElementType.INT64);
    if (scored) {
      g.branchOutput(g.op("Identity", g.floats(new float[0], 0)).value(), ElementType.FLOAT);
      g.branchOutput(g.op("Identity", g.floats(new float[0], 2, 0)).value(), ElementType.FLOAT);
    }
  }

  private void drop(
      OnnxGraphBuilder g, int layer, boolean scored, Flow flow, String query, String key) {
    String rows = g.op("Reshape", flow.rows(), g.longs(-1)).value(); // [T]
    String spans = g.op("Gather", plan.spans(), rows).value(); // [T]
    String limits = g.op("Gather", plan.alive(), g.scalar(layer + 1L)).value(); // [P + 1]
    String membership =
        g.op("OneHot", spans, g.op("Shape", limits).value(), g.longs(0, 1)).value(); // [T, P + 1]
    String attention = "";
    String score;
    if (scored) {
      List<String> seen = scoreAndAttention(g, rows, membership, query, key);
      score = seen.get(0);
      attention = seen.get(1);
    } else {
      score = score(g, rows, membership, query, key);
    }
    String kept = kept(g, score, spans, membership, limits);
    // Compress would say it in one node, but does not know bfloat16.
    String indices = g.op("Reshape", g.op("NonZero", kept).value(), g.longs(-1)).value();
    g.branchOutput(gather(g, flow.attention(), indices, 1), g.compute());
    g.branchOutput(gather(g, flow.residual(), indices, 1), g.compute());
    g.branchOutput(gather(g, flow.rows(), indices, 1), ElementType.INT64);
    if (scored) {
      g.branchOutput(gather(g, score, indices, 0), ElementType.FLOAT);
      OnnxGraphBuilder observed = g.branch("observed_attention");
      observed.branchOutput(gather(observed, attention, indices, 1), ElementType.FLOAT);
      g.branchOutput(whenObserved(g, observed), ElementType.FLOAT);
    }
  }

  private static String gather(OnnxGraphBuilder g, String value, String indices, int axis) {
    return g.op("Gather", value, indices).with("axis", axis).value();
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
    fitPrune.branchOutput(
        product(fitPrune, received(fitPrune, membership, query, key)), ElementType.FLOAT);
    return choice(g, 0, fitPrune, otherScores(g, rows, query, key));
  }

  /**
   * The score and, if they are asked for, FitPrune's two vectors, whatever the ranking: the
   * attention is computed once for both. [T] and [2, T]
   */
  private List<String> scoreAndAttention(
      OnnxGraphBuilder g, String rows, String membership, String query, String key) {
    OnnxGraphBuilder seen = g.branch("received");
    Received received = received(seen, membership, query, key);
    seen.branchOutput(product(seen, received), ElementType.FLOAT);
    OnnxGraphBuilder means = seen.branch("means");
    means.branchOutput(means(means, membership, received), ElementType.FLOAT);
    seen.branchOutput(whenObserved(seen, means), ElementType.FLOAT);
    OnnxGraphBuilder unseen = g.branch("not_received");
    unseen.branchOutput(
        unseen.op("Identity", unseen.floats(new float[0], 0)).value(), ElementType.FLOAT);
    unseen.branchOutput(
        unseen.op("Identity", unseen.floats(new float[0], 2, 0)).value(), ElementType.FLOAT);
    String ranksByIt = g.op("Equal", "ranking", g.scalar(0L)).value();
    String observed = g.op("Equal", "observe", g.scalar(1L)).value();
    List<String> out =
        g.op("If", g.op("Or", ranksByIt, observed).value())
            .with("then_branch", seen)
            .with("else_branch", unseen)
            .values(2);
    OnnxGraphBuilder fitPrune = g.branch("fitprune");
    fitPrune.branchOutput(fitPrune.op("Identity", out.get(0)).value(), ElementType.FLOAT);
    String score = choice(g, 0, fitPrune, otherScores(g, rows, query, key));
    return List.of(score, out.get(1));
  }

  /** FastV's scores or the given ones. [T] */
  private OnnxGraphBuilder otherScores(OnnxGraphBuilder g, String rows, String query, String key) {
    OnnxGraphBuilder others = g.branch("fastv_or_given");
    OnnxGraphBuilder fastV = others.branch("fastv");
    fastV.branchOutput(fastV(fastV, query, key), ElementType.FLOAT);
    OnnxGraphBuilder given = others.branch("given");
    String scores = given.op("Reshape", "scores", given.longs(-1)).value();
    given.branchOutput(given.op("Gather", scores, rows).value(), ElementType.FLOAT);
    others.branchOutput(choice(others, 1, fastV, given), ElementType.FLOAT);
    return others;
  }

  private static String choice(
      OnnxGraphBuilder g, long ranking, OnnxGraphBuilder equal, OnnxGraphBuilder other) {
    return g.op("If", g.op("Equal", "ranking", g.scalar(ranking)).value())
        .with("then_branch", equal)
        .with("else_branch", other)
        .value();
  }

  /** A branch's value [2, T] if the segment is observed, [2, 0] otherwise. */
  private static String whenObserved(OnnxGraphBuilder g, OnnxGraphBuilder value) {
    OnnxGraphBuilder nothing = g.branch("unobserved");
    nothing.branchOutput(
        nothing.op("Identity", nothing.floats(new float[0], 2, 0)).value(), ElementType.FLOAT);
    return g.op("If", g.op("Equal", "observe", g.scalar(1L)).value())
        .with("then_branch", value)
        .with("else_branch", nothing)
        .value();
  }

  private static String product(OnnxGraphBuilder g, Received received) {
    return g.op("Mul", received.self(), received.cross()).value();
  }

  /** FitPrune (arXiv 2409.10197): head-maximum attention, self and cross, as sums. */
  private Received received(OnnxGraphBuilder g, String membership, String query, String key) {
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
    String groups = groups(g, membership);
    String received = g.op("MatMul", groups, most).value(); // [P + 1, T]: from each picture, text
    String own = g.op("Mul", received, groups).value();
    String self = g.op("ReduceSum", own, g.longs(0)).with("keepdims", 0).value();
    String cross = g.op("Gather", received, g.scalar(-1L)).with("axis", 0).value();
    return new Received(self, cross);
  }

  /** Which tokens are of each picture and, last, of the text. [P + 1, T] */
  private static String groups(OnnxGraphBuilder g, String membership) {
    String members = g.op("Cast", membership).with("to", ElementType.FLOAT.code()).value();
    return g.op("Transpose", members).with("perm", new long[] {1, 0}).value();
  }

  /** The sums divided by the numbers of queries: own picture's tokens, text behind. [2, T] */
  private static String means(OnnxGraphBuilder g, String membership, Received received) {
    String groups = groups(g, membership);
    String sizes = g.op("ReduceSum", groups, g.longs(1)).value(); // [P + 1, 1]
    String fellows =
        g.op("ReduceSum", g.op("Mul", groups, sizes).value(), g.longs(0))
            .with("keepdims", 0)
            .value();
    String isText = g.op("Gather", groups, g.scalar(-1L)).with("axis", 0).value(); // [T]
    String textBehind =
        g.op("CumSum", isText, g.scalar(0L)).with("exclusive", 1).with("reverse", 1).value();
    // Behind the last token there is no text, and nobody asks for its mean.
    String queries = g.op("Max", textBehind, g.scalar(1f)).value();
    String self = g.op("Div", received.self(), fellows).value();
    String cross = g.op("Div", received.cross(), queries).value();
    return g.op(
            "Concat",
            g.op("Unsqueeze", self, g.longs(0)).value(),
            g.op("Unsqueeze", cross, g.longs(0)).value())
        .with("axis", 0)
        .value();
  }

  /** FastV (arXiv 2403.06764): head-mean attention of the last token. */
  private String fastV(OnnxGraphBuilder g, String query, String key) {
    String last = g.op("Slice", query, g.longs(-1), g.longs(Long.MAX_VALUE), g.longs(1)).value();
    String weights = g.op("Softmax", attentionLogits(g, last, key)).with("axis", -1).value();
    return g.op("ReduceMean", weights, g.longs(0, 1, 2)).with("keepdims", 0).value();
  }

  /** Scaled products of queries and this call's keys. [kv heads, group, rows, T] */
  private String attentionLogits(OnnxGraphBuilder g, String query, String key) {
    float scale = (float) (1 / Math.sqrt(text.headDim()));
    String scaled = g.op("Mul", g.toFloat(query), g.scalar(scale)).value();
    String queries =
        g.op("Transpose", heads(g, scaled, text.heads() / text.kvHeads()))
            .with("perm", new long[] {1, 2, 0, 3})
            .value();
    String keys =
        g.op("Transpose", heads(g, g.toFloat(key), 1))
            .with("perm", new long[] {1, 2, 3, 0})
            .value();
    return g.op("MatMul", queries, keys).value();
  }

  private String heads(OnnxGraphBuilder g, String value, int group) {
    return g.op("Reshape", value, g.longs(-1, text.kvHeads(), group, text.headDim())).value();
  }
}
