package io.winnow.cli.curves;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was measured, and what the services would not do.
 *
 * @param points the unpruned one first
 * @param refused why, by setting
 * @param rounds timed rounds behind each time
 * @param layers decoder layers of the model
 * @param exitTimes what DyVTE's prefills take; none where there are no gates
 */
record Curves(
    List<CurvePoint> points,
    Map<Setting, String> refused,
    int rounds,
    int layers,
    List<ExitTimes> exitTimes) {

  Curves {
    points = List.copyOf(points);
    exitTimes = List.copyOf(exitTimes);
    refused = new LinkedHashMap<>(refused);
  }

  /** The unpruned point. */
  CurvePoint none() {
    return points.get(0);
  }

  /** The pruned points by curve, in the order of the grid. */
  Map<String, List<CurvePoint>> byCurve() {
    return points.stream()
        .skip(1)
        .collect(
            Collectors.groupingBy(
                point -> point.setting().curve(), LinkedHashMap::new, Collectors.toList()));
  }
}
