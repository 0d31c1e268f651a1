package io.winnow.cli.explain;

import io.winnow.cli.plot.Svg;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The spans until the first token, one below the other; what is on the critical path stands out.
 */
public final class Waterfall {

  private static final int BAR_COLUMNS = 48;
  private static final int NAME_COLUMNS = 26;

  private static final int WIDTH = 960;
  private static final int ROW = 20;
  private static final int LEFT = 300;
  private static final int RIGHT = 90;
  private static final String STYLE =
      """
      text { font: 12px sans-serif; fill: #333; }
      .span { fill: #b8c4d6; } .path { fill: #d9622b; } .failed { fill: #b00020; }
      .grid { stroke: #ddd; }
      @media (prefers-color-scheme: dark) { text { fill: #ddd; } .span { fill: #46536a; } .grid { stroke: #444; } }
      """;

  private final Explanation explanation;
  private final List<Row> rows = new ArrayList<>();

  private record Row(TraceSpan span, int depth) {}

  public Waterfall(Explanation explanation) {
    this.explanation = explanation;
    add(explanation.trace().root(), 0);
  }

  private void add(TraceSpan span, int depth) {
    rows.add(new Row(span, depth));
    for (TraceSpan child : explanation.trace().children(span)) {
      if (child.begin() < until()) {
        add(child, depth + 1);
      }
    }
  }

  private long begin() {
    return explanation.trace().root().begin();
  }

  private long until() {
    return explanation.trace().firstToken();
  }

  /** For a terminal: a bar of dashes for each span, filled where it is on the critical path. */
  public String text() {
    Map<String, boolean[]> onPath = new HashMap<>(); // by span: [columns]
    for (CriticalPath.Step step : explanation.path()) {
      boolean[] columns = onPath.computeIfAbsent(step.span().id(), id -> new boolean[BAR_COLUMNS]);
      for (int i = column(step.begin()); i <= lastColumn(step.end()); i++) {
        columns[i] = true;
      }
    }
    StringBuilder text = new StringBuilder();
    for (Row row : rows) {
      boolean[] path = onPath.getOrDefault(row.span().id(), new boolean[BAR_COLUMNS]);
      text.append(
          String.format(
              Locale.ROOT,
              "  %-" + NAME_COLUMNS + "s|%s|%9.1f ms%s%n",
              shortened("  ".repeat(row.depth()) + name(row.span())),
              bar(row.span(), path),
              row.span().nanos() / 1e6,
              row.span().failed() ? " failed" : ""));
    }
    return text.toString();
  }

  private String bar(TraceSpan span, boolean[] path) {
    char[] bar = " ".repeat(BAR_COLUMNS).toCharArray();
    for (int i = column(span.begin()); i <= lastColumn(span.end()); i++) {
      bar[i] = path[i] ? '#' : '-';
    }
    return new String(bar);
  }

  private int column(long at) {
    long all = Math.max(1, until() - begin());
    long column = BAR_COLUMNS * (at - begin()) / all;
    return (int) Math.max(0, Math.min(BAR_COLUMNS - 1, column));
  }

  private int lastColumn(long end) {
    return column(end - 1);
  }

  private static String name(TraceSpan span) {
    return span.attribute("winnow.segment")
        .map(number -> span.name() + " " + number)
        .orElse(span.name());
  }

  private static String shortened(String name) {
    return name.length() < NAME_COLUMNS ? name : name.substring(0, NAME_COLUMNS - 1);
  }

  /** The same as a drawing. */
  public String svg() {
    int height = ROW * (rows.size() + 2);
    Svg svg = new Svg(WIDTH, height, STYLE);
    svg.text(
        "title",
        Svg.Anchor.START,
        8,
        ROW - 6,
        String.format(
            Locale.ROOT,
            "%s: %.1f ms to the first token (orange: what it waited for)",
            explanation.trace().root().name(),
            explanation.nanos() / 1e6));
    for (int i = 0; i < rows.size(); i++) {
      draw(svg, rows.get(i), ROW * (i + 1));
    }
    return svg.toString();
  }

  private void draw(Svg svg, Row row, int y) {
    TraceSpan span = row.span();
    svg.line("grid", LEFT, y + ROW, WIDTH - RIGHT, y + ROW);
    svg.text("name", Svg.Anchor.START, 8 + 14 * row.depth(), y + 14, name(span));
    bar(svg, span.failed() ? "failed" : "span", span.begin(), span.end(), y);
    for (CriticalPath.Step step : explanation.path()) {
      if (step.span().id().equals(span.id())) {
        bar(svg, "path", step.begin(), step.end(), y);
      }
    }
    svg.text(
        "time",
        Svg.Anchor.END,
        WIDTH - 8,
        y + 14,
        String.format(Locale.ROOT, "%.1f ms", span.nanos() / 1e6));
  }

  private void bar(Svg svg, String css, long from, long to, int y) {
    double scale = (double) (WIDTH - LEFT - RIGHT) / Math.max(1, until() - begin());
    double x = LEFT + scale * Math.max(0, from - begin());
    double width = Math.max(1, scale * (Math.min(to, until()) - Math.max(from, begin())));
    svg.rectangle(css, x, y + 3, width, ROW - 6.0);
  }
}
