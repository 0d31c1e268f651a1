package io.winnow.cli.curves;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Exit;
import io.winnow.cli.evaluate.ExitHistogram;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * DyVTE's part of the curves as Markdown: where its exits are, what they are worth beside VTW and
 * FitPrune, and what waiting for the verdicts costs.
 */
final class ExitTable {

  /** The paper's argmax, and a stricter one. */
  private static final List<Double> SHOWN = List.of(0.5, 0.9);

  private final Curves curves;
  private final List<CurvePoint> blocking;
  private final List<CurvePoint> runningOn;

  private ExitTable(Curves curves, List<CurvePoint> blocking, List<CurvePoint> runningOn) {
    this.curves = curves;
    this.blocking = blocking;
    this.runningOn = runningOn;
  }

  /** Empty where the services have no gates. */
  static Optional<String> of(Curves curves) {
    Map<String, List<CurvePoint>> byCurve = curves.byCurve();
    List<CurvePoint> blocking = byCurve.get(Setting.DYVTE);
    List<CurvePoint> runningOn = byCurve.get(Setting.RUNNING_ON);
    return blocking == null || runningOn == null
        ? Optional.empty()
        : Optional.of(new ExitTable(curves, blocking, runningOn).write());
  }

  private String write() {
    StringBuilder text = new StringBuilder("# Exits by DyVTE\n\n");
    text.append(
        """
        %d questions. "exit above p": a gate lets the visual tokens go where its probability of "exit"
        is above p; 0.5 is the paper's argmax. Layers count from 0.

        ## Where the gates let go
        """
            .formatted(curves.none().evaluation().asked().size()));
    for (CurvePoint point : blocking) {
      if (SHOWN.stream().anyMatch(p -> point.setting().equals(Setting.dyvte(p, true)))) {
        text.append("\nThe prefill waits; ").append(point.setting().label()).append(":\n\n");
        text.append(new ExitHistogram(point.evaluation()).table());
      }
    }
    text.append(
        """

        ## Beside VTW and FitPrune at equal mean FLOPs
        Between two settings of another method its accuracy is read off the line between them, which is what
        a random choice between the two would get; "-" is below its least FLOPs.

        """);
    text.append(comparison());
    text.append(
        """

        ## Waiting for verdicts or running on
        FLOPs and accuracy with several questions under way. The rest from %d timed rounds, one question at a
        time: "late" are the layers that visual tokens entered after a gate had let them go, "verdict after"
        is the time from a segment's end to its verdict, prefill is relative to keeping every token.

        """
            .formatted(curves.rounds()));
    return text.append(lateness()).toString();
  }

  private MarkdownTable comparison() {
    MarkdownTable table =
        new MarkdownTable(
            "setting", "FLOPs ratio", "dyvte", "vtw", "difference", "fitprune", "difference");
    List<CurvePoint> points = new ArrayList<>(blocking);
    points.addAll(curves.byCurve().getOrDefault(Setting.WITH_FITPRUNE, List.of()));
    for (CurvePoint point : points) {
      double accuracy = point.evaluation().all().share();
      List<Object> cells = new ArrayList<>();
      cells.add(point.setting().label());
      cells.add(decimals(3, point.flopsRatio()));
      cells.add(decimals(3, accuracy));
      for (String method : List.of(Setting.VTW, Setting.FITPRUNE)) {
        OptionalDouble other = at(method, point.flopsRatio());
        cells.add(other.isEmpty() ? "-" : decimals(3, other.getAsDouble()));
        cells.add(other.isEmpty() ? "-" : signed(accuracy - other.getAsDouble()));
      }
      table.row(cells.toArray());
    }
    return table;
  }

  private OptionalDouble at(String method, double flopsRatio) {
    List<CurvePoint> curve = curves.byCurve().getOrDefault(method, List.of());
    return curve.isEmpty()
        ? OptionalDouble.empty()
        : new FlopsLine(curves.none(), curve).accuracyAt(flopsRatio);
  }

  private MarkdownTable lateness() {
    MarkdownTable table =
        new MarkdownTable(
            "setting",
            "FLOPs ratio: waiting",
            "running on",
            "accuracy: waiting",
            "running on",
            "exits late",
            "layers late, mean",
            "verdict after ms, median",
            "p90",
            "prefill: waiting",
            "running on");
    for (int i = 0; i < Math.min(blocking.size(), runningOn.size()); i++) {
      CurvePoint waiting = blocking.get(i);
      CurvePoint running = runningOn.get(i);
      List<Exit> exits = exits(running.timed());
      double[] waited =
          exits.stream()
              .flatMap(exit -> exit.waitedMillis().stream())
              .mapToDouble(millis -> millis)
              .toArray();
      table.row(
          waiting.setting().label(),
          decimals(3, waiting.flopsRatio()),
          decimals(3, running.flopsRatio()),
          decimals(3, waiting.evaluation().all().share()),
          decimals(3, running.evaluation().all().share()),
          late(exits),
          decimals(2, meanLate(exits)),
          quantile(0.5, waited),
          quantile(0.9, waited),
          decimals(2, waiting.prefillRatio()),
          decimals(2, running.prefillRatio()));
    }
    return table;
  }

  private String late(List<Exit> exits) {
    long wanted = exits.stream().filter(exit -> exit.wanted().isPresent()).count();
    long late = exits.stream().filter(exit -> exit.layersLate(curves.layers()) > 0).count();
    return late + " of " + wanted;
  }

  /** Over the answers in which a gate let go. */
  private double meanLate(List<Exit> exits) {
    return exits.stream()
        .filter(exit -> exit.wanted().isPresent())
        .mapToInt(exit -> exit.layersLate(curves.layers()))
        .average()
        .orElse(0);
  }

  private static List<Exit> exits(List<Asked> asked) {
    return asked.stream().flatMap(each -> each.exit().stream()).toList();
  }

  private static String quantile(double share, double[] values) {
    return values.length == 0 ? "-" : decimals(1, Quantiles.at(share, values));
  }

  private static String signed(double value) {
    return (value < 0 ? "" : "+") + decimals(3, value);
  }
}
