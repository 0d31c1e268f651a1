package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.util.List;

/**
 * The numbers of a segment that follow from {@code spans} and {@code keep} before any layer has
 * run: who is dropped is decided inside a layer, how many are not.
 *
 * <p>Text counts as one more picture of which everything is kept, so that the layers need no
 * special case for it. Only a prefill has visual tokens, and a prefill has one row (B = 1): the
 * counting stands in the branch of an If, and decode steps skip it.
 *
 * @param spans the segment's spans, flattened // [B * T]
 * @param alive tokens of each picture, text last, that enter each layer and leave the last one //
 *     [layers + 1, P + 1]
 * @param acts for each layer whether its dropping step has anything to do // [1] each
 * @param pastEnds for each layer the index of the last cached token after this call, per row // [B]
 *     each, as GroupQueryAttention's seqlens_k
 * @param totals for each layer the largest length of a cache after this call // [1] each
 */
record SegmentPlan(
    String spans, String alive, List<String> acts, List<String> pastEnds, List<String> totals) {

  /** A plan for a graph without dropping steps: nothing acts. */
  static SegmentPlan withoutDropping(OnnxGraphBuilder g, int layers) {
    String lengths = lengths(g, tokens(g));
    String spans = g.op("Reshape", "spans", g.longs(-1)).value();
    return new SegmentPlan(
        spans, "", List.of(), pastEnds(g, lengths, layers), totals(g, lengths, layers));
  }

  /**
   * @param g graph to add to, which has the inputs {@code spans}, {@code keep}, {@code observe} and
   *     {@code cached_lengths}
   * @param layers layers of the segment
   */
  static SegmentPlan build(OnnxGraphBuilder g, int layers) {
    String spans = g.op("Reshape", "spans", g.longs(-1)).value();
    String highest = g.op("ReduceMax", spans).with("keepdims", 0).value();
    List<String> counted =
        g.op("If", g.op("GreaterOrEqual", highest, g.scalar(0L)).value())
            .with("then_branch", visual(g.branch("count"), spans, layers))
            .with("else_branch", textOnly(g.branch("text_only"), layers))
            .values(3);
    String lengths = lengths(g, counted.get(1));
    return new SegmentPlan(
        spans,
        counted.get(0),
        split(g, counted.get(2), layers),
        pastEnds(g, lengths, layers),
        totals(g, lengths, layers));
  }

  private static OnnxGraphBuilder visual(OnnxGraphBuilder g, String spans, int layers) {
    String groups = g.op("Add", g.op("Shape", "keep").with("start", 1).value(), g.longs(1)).value();
    // A span of -1 counts from the end: text falls into the last group.
    String membership = g.op("OneHot", spans, groups, g.longs(0, 1)).value(); // [T, P + 1]
    String counts = g.op("ReduceSum", membership, g.longs(0)).value(); // [1, P + 1]
    String alive = alive(g, counts, layers);
    String sizes = g.op("ReduceSum", alive, g.longs(1)).with("keepdims", 0).value();
    String entering = g.op("Slice", sizes, g.longs(0), g.longs(layers)).value(); // [layers]
    String leaving = g.op("Slice", sizes, g.longs(1), g.longs(layers + 1L)).value();
    String drops = g.op("Less", leaving, entering).value();
    String acts = g.op("Or", drops, observedLast(g, layers)).value();
    return outputs(g, alive, int32(g, entering), acts);
  }

  private static OnnxGraphBuilder textOnly(OnnxGraphBuilder g, int layers) {
    String nobody = g.op("Identity", g.longs(0)).value();
    String nothing = g.op("Identity", g.booleans(new boolean[layers], layers)).value();
    return outputs(g, nobody, tokens(g), nothing);
  }

  private static OnnxGraphBuilder outputs(
      OnnxGraphBuilder g, String alive, String entering, String acts) {
    g.branchOutput(alive, ElementType.INT64);
    g.branchOutput(entering, ElementType.INT32);
    g.branchOutput(acts, ElementType.BOOL);
    return g;
  }

  /** Running minimum over the layers of the tokens that entered the segment and of keep. */
  private static String alive(OnnxGraphBuilder g, String counts, int layers) {
    String keep = g.op("Max", "keep", g.scalar(0L)).value();
    String withText =
        g.op("Pad", keep, g.longs(0, 0, 0, 1), g.scalar(Long.MAX_VALUE)).value(); // [layers, P + 1]
    String bounds = g.op("Concat", counts, withText).with("axis", 0).value();
    String each = g.op("Unsqueeze", bounds, g.longs(0)).value(); // [1, layers + 1, P + 1]
    String upToEach =
        g.op("Where", lowerTriangle(g, layers + 1), each, g.scalar(Long.MAX_VALUE)).value();
    return g.op("ReduceMin", upToEach, g.longs(1)).with("keepdims", 0).value();
  }

  private static String lowerTriangle(OnnxGraphBuilder g, int size) {
    boolean[] triangle = new boolean[size * size];
    for (int row = 0; row < size; row++) {
      for (int column = 0; column <= row; column++) {
        triangle[row * size + column] = true;
      }
    }
    return g.booleans(triangle, size, size, 1);
  }

  private static String observedLast(OnnxGraphBuilder g, int layers) {
    boolean[] last = new boolean[layers];
    last[layers - 1] = true;
    String observed = g.op("Equal", "observe", g.scalar(1L)).value();
    return g.op("And", observed, g.booleans(last, layers)).value();
  }

  /** Tokens of each row of this call. [1] */
  private static String tokens(OnnxGraphBuilder g) {
    return int32(g, g.op("Shape", "spans").with("start", 1).value());
  }

  private static String int32(OnnxGraphBuilder g, String value) {
    return g.op("Cast", value).with("to", ElementType.INT32.code()).value();
  }

  /** Lengths of the caches after this call. [layers, B] */
  private static String lengths(OnnxGraphBuilder g, String entering) {
    String column = g.op("Unsqueeze", entering, g.longs(1)).value();
    return g.op("Add", "cached_lengths", column).value();
  }

  private static List<String> pastEnds(OnnxGraphBuilder g, String lengths, int layers) {
    String ends = g.op("Sub", lengths, g.scalar(1)).value();
    return split(g, g.op("Reshape", ends, g.longs(-1)).value(), layers);
  }

  private static List<String> totals(OnnxGraphBuilder g, String lengths, int layers) {
    String longest = g.op("ReduceMax", lengths, g.longs(1)).with("keepdims", 0).value();
    return split(g, longest, layers);
  }

  private static List<String> split(OnnxGraphBuilder g, String value, int parts) {
    return g.op("Split", value).with("axis", 0).with("num_outputs", parts).values(parts);
  }
}
