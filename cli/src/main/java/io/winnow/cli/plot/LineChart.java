package io.winnow.cli.plot;

import io.winnow.cli.plot.Svg.Anchor;
import java.util.List;
import java.util.Locale;

/**
 * One chart of lines with markers over a grid, with a level for comparison.
 *
 * @param title stands above it
 * @param xTitle what the horizontal axis shows; empty leaves it out
 * @param xHigh end of the horizontal axis, which begins at 0; the vertical one goes from 0 to 1
 * @param level drawn across as a dashed line
 * @param series the lines, the later over the earlier
 */
public record LineChart(
    String title, String xTitle, double xHigh, double level, List<Series> series) {

  private static final int X_STEPS = 5;
  private static final int Y_STEPS = 4;

  public LineChart {
    series = List.copyOf(series);
  }

  /** Where the inner part of a chart stands, in pixels. */
  public record Frame(double left, double top, double width, double height) {

    double right() {
      return left + width;
    }

    double bottom() {
      return top + height;
    }
  }

  /** Draws it with its axes around the frame. */
  public void draw(Svg svg, Frame frame) {
    Scale x = new Scale(0, xHigh, frame.left(), frame.right());
    Scale y = new Scale(0, 1, frame.bottom(), frame.top());
    svg.rectangle("frame", frame.left(), frame.top(), frame.width(), frame.height());
    for (double tick : x.ticks(X_STEPS)) {
      svg.line("grid", x.at(tick), frame.top(), x.at(tick), frame.bottom());
      svg.text("tick", Anchor.MIDDLE, x.at(tick), frame.bottom() + 14, label(tick));
    }
    for (double tick : y.ticks(Y_STEPS)) {
      svg.line("grid", frame.left(), y.at(tick), frame.right(), y.at(tick));
      svg.text("tick", Anchor.END, frame.left() - 6, y.at(tick) + 3.5, label(tick));
    }
    svg.line("level", frame.left(), y.at(level), frame.right(), y.at(level));
    svg.text("title", Anchor.START, frame.left(), frame.top() - 7, title);
    if (!xTitle.isEmpty()) {
      double middle = frame.left() + frame.width() / 2;
      svg.text("axis", Anchor.MIDDLE, middle, frame.bottom() + 30, xTitle);
    }
    series.forEach(line -> draw(svg, line, x, y));
  }

  private static void draw(Svg svg, Series line, Scale x, Scale y) {
    double[] places = new double[2 * line.points().size()]; // x and y in turn
    for (int i = 0; i < line.points().size(); i++) {
      places[2 * i] = x.at(line.points().get(i).x());
      places[2 * i + 1] = y.at(line.points().get(i).y());
    }
    svg.path("line " + line.css(), places);
    for (int i = 0; i < places.length; i += 2) {
      svg.circle("dot " + line.css(), places[i], places[i + 1], 2.6);
    }
  }

  private static String label(double tick) {
    String text = String.format(Locale.ROOT, "%.2f", tick);
    return text.replaceFirst("\\.?0+$", "");
  }
}
