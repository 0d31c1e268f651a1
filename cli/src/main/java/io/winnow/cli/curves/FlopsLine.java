package io.winnow.cli.curves;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A method's accuracy at any mean FLOPs between its settings, as a line: what it gets who sends
 * each question at random to one of the two settings beside it.
 */
final class FlopsLine {

  private final List<CurvePoint> points; // by ascending FLOPs ratio

  /**
   * @param none the unpruned point, where every line ends
   * @param curve the method's points, in any order
   */
  FlopsLine(CurvePoint none, List<CurvePoint> curve) {
    List<CurvePoint> all = new ArrayList<>(curve);
    all.add(none);
    all.sort(Comparator.comparingDouble(CurvePoint::flopsRatio));
    points = List.copyOf(all);
  }

  /** The share of right answers; empty below the method's least FLOPs. */
  OptionalDouble accuracyAt(double flopsRatio) {
    CurvePoint below = points.get(0);
    if (flopsRatio < below.flopsRatio()) {
      return OptionalDouble.empty();
    }
    for (CurvePoint above : points) {
      if (above.flopsRatio() >= flopsRatio) {
        return OptionalDouble.of(between(below, above, flopsRatio));
      }
      below = above;
    }
    return OptionalDouble.of(accuracy(below));
  }

  private static double between(CurvePoint below, CurvePoint above, double flopsRatio) {
    double width = above.flopsRatio() - below.flopsRatio();
    double share = width == 0 ? 1 : (flopsRatio - below.flopsRatio()) / width;
    return accuracy(below) + share * (accuracy(above) - accuracy(below));
  }

  private static double accuracy(CurvePoint point) {
    return point.evaluation().all().share();
  }
}
