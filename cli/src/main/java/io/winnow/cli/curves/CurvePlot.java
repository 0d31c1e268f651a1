package io.winnow.cli.curves;

import io.winnow.cli.evaluate.Accuracy;
import io.winnow.cli.evaluate.Evaluation;
import io.winnow.cli.plot.LineChart;
import io.winnow.cli.plot.LineChart.Frame;
import io.winnow.cli.plot.Series;
import io.winnow.cli.plot.Svg;
import io.winnow.cli.plot.Svg.Anchor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The curves as SVG: accuracy against FLOPs and against measured prefill time above, and a small
 * chart for every type of question below.
 */
final class CurvePlot {

  private static final int WIDTH = 980;
  private static final int MARGIN = 44;
  private static final int TOP = 116;
  private static final int LARGE_HEIGHT = 260;
  private static final int SMALL_TOP = TOP + LARGE_HEIGHT + 84;
  private static final int SMALL_HEIGHT = 116;
  private static final int SMALL_PITCH = SMALL_HEIGHT + 54;
  private static final int COLUMNS = 4;
  private static final int GAP = 38;
  private static final double WHOLE = 1.0;

  /** Line, marker and text colours; hues that also colour-blind readers tell apart. */
  private static final String STYLE =
      """
      text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f; }
      .page { fill: #ffffff; }
      .head { font-size: 17px; font-weight: 600; }
      .note, .axis { font-size: 12px; fill: #57606a; }
      .key { font-size: 12.5px; }
      .title { font-size: 13px; font-weight: 600; }
      .tick { font-size: 10.5px; fill: #57606a; }
      .frame { fill: none; stroke: #d0d7de; }
      .grid { stroke: #d0d7de; stroke-width: .6; }
      .level { stroke: #24292f; stroke-width: 1.1; stroke-dasharray: 2 3; }
      .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .dot { stroke: none; }
      .second { stroke-dasharray: 5 3; }
      .third { stroke-dasharray: 1.5 3; }
      .line.fitprune { stroke: #0b62c4; } .dot.fitprune { fill: #0b62c4; }
      .line.vtw { stroke: #c2410c; } .dot.vtw { fill: #c2410c; }
      .line.fastv { stroke: #04795b; } .dot.fastv { fill: #04795b; }
      .line.random { stroke: #7b838c; } .dot.random { fill: #7b838c; }
      .line.visionzip { stroke: #a83280; } .dot.visionzip { fill: #a83280; }
      .line.dyvte { stroke: #6639ba; } .dot.dyvte { fill: #6639ba; }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .page { fill: #0d1117; }
        .note, .axis, .tick { fill: #9ea7b3; }
        .frame, .grid { stroke: #30363d; }
        .level { stroke: #e6edf3; }
        .line.fitprune { stroke: #58a6ff; } .dot.fitprune { fill: #58a6ff; }
        .line.vtw { stroke: #ff8f52; } .dot.vtw { fill: #ff8f52; }
        .line.fastv { stroke: #3fca9b; } .dot.fastv { fill: #3fca9b; }
        .line.random { stroke: #8d96a0; } .dot.random { fill: #8d96a0; }
        .line.visionzip { stroke: #f08fcb; } .dot.visionzip { fill: #f08fcb; }
        .line.dyvte { stroke: #b392f0; } .dot.dyvte { fill: #b392f0; }
      }
      """;

  private final Curves curves;
  private final Map<String, List<CurvePoint>> lines;

  private CurvePlot(Curves curves) {
    this.curves = curves;
    this.lines = curves.byCurve();
    lines.remove(Setting.RUNNING_ON); // its FLOPs are a matter of timing: see ExitTable
  }

  static String of(Curves curves) {
    return new CurvePlot(curves).draw();
  }

  private String draw() {
    List<String> types = List.copyOf(curves.none().evaluation().byType().keySet());
    int rows = (types.size() + COLUMNS - 1) / COLUMNS;
    int height = SMALL_TOP + rows * SMALL_PITCH - 8;
    Svg svg = new Svg(WIDTH, height, STYLE);
    svg.rectangle("page", 0, 0, WIDTH, height);
    head(svg);
    Function<Evaluation, Accuracy> accuracy = Evaluation::allButDescribe;
    double half = (WIDTH - MARGIN - 16 - GAP - 6) / 2.0;
    chart(
            "all questions but describe, by computation",
            "FLOPs ratio",
            WHOLE,
            CurvePoint::flopsRatio,
            accuracy)
        .draw(svg, new Frame(MARGIN, TOP, half, LARGE_HEIGHT));
    String time = "prefill time, ratio to every token";
    chart(
            "all questions but describe, by measured time",
            time,
            timeEnd(),
            CurvePoint::prefillRatio,
            accuracy)
        .draw(svg, new Frame(MARGIN + half + GAP + 6, TOP, half, LARGE_HEIGHT));
    double small = (WIDTH - MARGIN - 16 - (COLUMNS - 1.0) * GAP) / COLUMNS;
    for (int i = 0; i < types.size(); i++) {
      String type = types.get(i);
      double left = MARGIN + i % COLUMNS * (small + GAP);
      double top = SMALL_TOP + (double) (i / COLUMNS) * SMALL_PITCH;
      boolean lowest = i + COLUMNS >= types.size();
      chart(
              type,
              lowest ? "FLOPs ratio" : "",
              WHOLE,
              CurvePoint::flopsRatio,
              evaluation -> evaluation.ofType(type))
          .draw(svg, new Frame(left, top, small, SMALL_HEIGHT));
    }
    return svg.toString();
  }

  private void head(Svg svg) {
    Evaluation none = curves.none().evaluation();
    svg.text("head", Anchor.START, 16, 28, "What visual token pruning costs in accuracy");
    svg.text(
        "note",
        Anchor.START,
        16,
        48,
        "Share of exact answers by model \"%s\" to %d questions; dotted: every token kept"
            .formatted(none.asked().get(0).answer().model(), none.asked().size()));
    double x = 16;
    double y = 68;
    for (String curve : lines.keySet()) {
      double width = 32 + 7.0 * curve.length();
      if (x + width > WIDTH) {
        x = 16;
        y += 18;
      }
      svg.line("line " + css(curve), x, y, x + 26, y);
      svg.circle("dot " + css(curve), x + 13, y, 3);
      svg.text("key", Anchor.START, x + 32, y + 4, curve);
      x += width + 22;
    }
  }

  private LineChart chart(
      String title,
      String xTitle,
      double xHigh,
      ToDoubleFunction<CurvePoint> x,
      Function<Evaluation, Accuracy> accuracy) {
    CurvePoint none = curves.none();
    double level = accuracy.apply(none.evaluation()).share();
    List<Series> series = new ArrayList<>();
    for (Map.Entry<String, List<CurvePoint>> curve : lines.entrySet()) {
      List<Series.Point> points = new ArrayList<>();
      points.add(new Series.Point(x.applyAsDouble(none), level));
      for (CurvePoint point : curve.getValue()) {
        double share = accuracy.apply(point.evaluation()).share();
        points.add(new Series.Point(x.applyAsDouble(point), share));
      }
      series.add(0, new Series(css(curve.getKey()), points)); // the first method lies on top
    }
    return new LineChart(title, xTitle, xHigh, level, series);
  }

  /** To the tenth above all measured ratios. */
  private double timeEnd() {
    double most =
        curves.points().stream().mapToDouble(CurvePoint::prefillRatio).max().orElseThrow();
    return Math.max(WHOLE, Math.ceil(most * 10 - 1e-9) / 10);
  }

  /** The method gives the colour; its second curve is dashed, its third dotted. */
  private static String css(String curve) {
    String method = curve.replaceFirst(",.*", "");
    boolean second = curve.endsWith("layer 2") || curve.equals(Setting.WITH_FITPRUNE);
    boolean third = curve.equals(Setting.WITH_FASTV);
    return second ? method + " second" : third ? method + " third" : method;
  }
}
