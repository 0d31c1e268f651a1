package io.winnow.cli.plot;

import java.util.List;

/**
 * A line of a chart.
 *
 * @param css class of its line and markers
 * @param points in the order in which they are connected
 */
public record Series(String css, List<Point> points) {

  public Series {
    points = List.copyOf(points);
  }

  /** A value pair. */
  public record Point(double x, double y) {}
}
