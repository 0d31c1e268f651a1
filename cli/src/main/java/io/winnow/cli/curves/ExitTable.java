package io.winnow.cli.curves;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Exit;
import io.winnow.cli.evaluate.ExitHistogram;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.cli.results.Quantiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * DyVTE's part of the curves as Markdown: where its exits are, what they are worth beside VTW and
 * FitPrune, and what waiting for the verdicts costs.
 */
final class ExitTable {

  /** What is looked at closely: a strict threshold, and the paper's argmax. */
  static final List<Double> THRESHOLDS = List.of(0.9, 0.5);

  private static final double NORMAL_95 = 1.96;

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
    StringBuilder text = new StringBuilder(where()).append(beside()).append(waiting());
    curves.exitTimes().forEach(times -> text.append(paired(times)));
    return text.toString();
  }

  private String where() {
    StringBuilder text = new StringBuilder("# Exits by DyVTE\n\n");
    text.append(
        """
        %d questions. "exit above p": a gate lets the visual tokens go where its probability of "exit"
        is above p; 0.5 is the paper's argmax. Layers count from 0.

        ## Where the gates let go
        """
            .formatted(curves.none().evaluation().asked().size()));
    for (CurvePoint point : blocking) {
      if (THRESHOLDS.stream().anyMatch(p -> point.setting().equals(Setting.dyvte(p, true)))) {
        text.append("\nThe prefill waits; ").append(point.setting().label()).append(":\n\n");
        text.append(new ExitHistogram(point.evaluation()).table());
      }
    }
    return text.toString();
  }

  private String beside() {
    StringBuilder text =
        new StringBuilder(
            """

            ## Beside VTW and FitPrune at equal mean FLOPs
            Between two settings of another method its accuracy is read off the line between them, which is what
            a random choice between the two would get; "-" is below its least FLOPs.

            """);
    text.append(comparison(blocking, "fitprune", point -> Optional.of(Setting.FITPRUNE)));
    List<CurvePoint> combined = new ArrayList<>();
    for (String curve : List.of(Setting.WITH_FITPRUNE, Setting.WITH_FASTV)) {
      combined.addAll(curves.byCurve().getOrDefault(curve, List.of()));
    }
    if (!combined.isEmpty()) {
      text.append("\nBehind another method, which prunes before the exit:\n\n");
      text.append(comparison(combined, "that alone", point -> point.setting().partnerCurve()));
    }
    return text.toString();
  }

  private String waiting() {
    return """

        ## Waiting for verdicts or running on
        With several questions under way: "exits late" of the questions at which a gate lets go if the prefill waits,
        "layers late" the layers that visual tokens entered after that, in the mean over these questions;
        "verdict after" is the time from a segment's end to its verdict.

        """
        + lateness();
  }

  /**
   * @param other heading of the second method to compare with
   * @param curve its curve, by point
   */
  private MarkdownTable comparison(
      List<CurvePoint> points, String other, Function<CurvePoint, Optional<String>> curve) {
    MarkdownTable table =
        new MarkdownTable(
            "setting", "FLOPs ratio", "dyvte", "vtw", "difference", other, "difference");
    for (CurvePoint point : points) {
      double accuracy = point.evaluation().all().share();
      List<Object> cells = new ArrayList<>();
      if (curve.apply(point).isPresent()) {
        cells.add(name(point));
        cells.add(decimals(3, point.flopsRatio()));
        cells.add(decimals(3, accuracy));
        for (String method : List.of(Setting.VTW, curve.apply(point).get())) {
          OptionalDouble at = at(method, point.flopsRatio());
          cells.add(at.isEmpty() ? "-" : decimals(3, at.getAsDouble()));
          cells.add(at.isEmpty() ? "-" : signed(accuracy - at.getAsDouble()));
        }
        table.row(cells.toArray());
      }
    }
    return table;
  }

  private static String name(CurvePoint point) {
    String label = point.setting().label();
    return point.setting().curve().equals(Setting.WITH_FASTV) ? "fastv, " + label : label;
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
            "p90");
    for (int i = 0; i < Math.min(blocking.size(), runningOn.size()); i++) {
      CurvePoint waiting = blocking.get(i);
      CurvePoint running = runningOn.get(i);
      List<Exit> exact = exits(waiting.evaluation().asked());
      List<Exit> exits = exits(running.evaluation().asked()); // of the same questions
      List<Due> due =
          IntStream.range(0, Math.min(exact.size(), exits.size()))
              .mapToObj(place -> new Due(exact.get(place), exits.get(place)))
              .filter(Due::isDue)
              .toList();
      table.row(
          waiting.setting().label(),
          decimals(3, waiting.flopsRatio()),
          decimals(3, running.flopsRatio()),
          decimals(3, waiting.evaluation().all().share()),
          decimals(3, running.evaluation().all().share()),
          late(due),
          meanLate(due),
          quantile(0.5, waited(exits)),
          quantile(0.9, waited(exits)));
    }
    return table;
  }

  /** What the exit does to the prefill's time, question by question. */
  private String paired(ExitTimes times) {
    MarkdownTable table =
        new MarkdownTable(
            "questions",
            "number",
            "every token, ms",
            "waiting: ratio",
            "running on: ratio",
            "waiting less running on, ms",
            "exits late",
            "layers late, mean",
            "verdict after ms, median",
            "p90");
    row(table, "all", times.pairs());
    row(table, "a gate lets go", times.pairs().stream().filter(ExitTimes.Pair::letsGo).toList());
    row(table, "no gate does", times.pairs().stream().filter(pair -> !pair.letsGo()).toList());
    return """

        Prefill time with exit above %s, one question at a time, each beside the same question with every token
        kept: means over the questions, of times and of ratios, +- what chance makes of them (95 %%).

        %s"""
        .formatted(times.threshold(), table);
  }

  private void row(MarkdownTable table, String name, List<ExitTimes.Pair> pairs) {
    List<Exit> exits = pairs.stream().flatMap(pair -> pair.exits().stream()).toList();
    List<Due> due =
        pairs.stream()
            .flatMap(
                pair ->
                    pair.exact().stream()
                        .flatMap(exact -> pair.exits().stream().map(ran -> new Due(exact, ran))))
            .filter(Due::isDue)
            .toList();
    table.row(
        name,
        pairs.size(),
        mean(1, pairs, ExitTimes.Pair::none),
        mean(2, pairs, pair -> pair.waiting() / pair.none()),
        mean(2, pairs, pair -> pair.runningOn() / pair.none()),
        mean(1, pairs, pair -> pair.waiting() - pair.runningOn()),
        late(due),
        meanLate(due),
        quantile(0.5, waited(exits)),
        quantile(0.9, waited(exits)));
  }

  private static String mean(
      int digits, List<ExitTimes.Pair> pairs, ToDoubleFunction<ExitTimes.Pair> value) {
    double[] values = pairs.stream().mapToDouble(value).toArray();
    if (values.length < 2) {
      return values.length == 0 ? "-" : decimals(digits, values[0]);
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(each -> (each - mean) * (each - mean)).sum();
    double error = NORMAL_95 * Math.sqrt(squares / (values.length - 1) / values.length);
    return decimals(digits, mean) + " +- " + decimals(digits, error);
  }

  private static double[] waited(List<Exit> exits) {
    return exits.stream()
        .flatMap(exit -> exit.waitedMillis().stream())
        .mapToDouble(millis -> millis)
        .toArray();
  }

  private String late(List<Due> due) {
    return due.stream().filter(each -> each.layersLate(curves.layers()) > 0).count()
        + " of "
        + due.size();
  }

  private String meanLate(List<Due> due) {
    return due.isEmpty()
        ? "-"
        : decimals(
            2,
            due.stream()
                .mapToInt(each -> each.layersLate(curves.layers()))
                .average()
                .orElseThrow());
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

  /** An exit as it should be, and as it was where the prefill ran on. */
  private record Due(Exit exact, Exit ran) {

    boolean isDue() {
      return exact.layer().isPresent();
    }

    int layersLate(int layers) {
      return ran.layersLate(exact, layers);
    }
  }
}
