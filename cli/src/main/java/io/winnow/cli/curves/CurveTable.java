package io.winnow.cli.curves;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.evaluate.Accuracy;
import io.winnow.cli.evaluate.Evaluation;
import io.winnow.cli.results.MarkdownTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The curves as a Markdown table, with what has to be known to read it. */
final class CurveTable {

  private CurveTable() {}

  static String of(Curves curves) {
    Evaluation none = curves.none().evaluation();
    List<String> types = List.copyOf(none.byType().keySet());
    List<String> header =
        new ArrayList<>(
            List.of(
                "method",
                "setting",
                "FLOPs ratio",
                "image tokens kept",
                "prefill ms",
                "ratio to none",
                "all",
                "but describe"));
    header.addAll(types);
    MarkdownTable table = new MarkdownTable(header.toArray(String[]::new));
    curves.points().forEach(point -> table.row(cells(point, types)));
    return sample(none, curves.rounds()) + "\n" + table + refusals(curves.refused());
  }

  private static Object[] cells(CurvePoint point, List<String> types) {
    Evaluation evaluation = point.evaluation();
    List<Object> cells = new ArrayList<>();
    cells.add(point.setting().curve());
    cells.add(point.setting().label());
    cells.add(decimals(3, point.flopsRatio()));
    cells.add(decimals(0, evaluation.meanImageTokensKept()));
    cells.add(decimals(1, point.prefillMillis()));
    cells.add(decimals(2, point.prefillRatio()));
    cells.add(share(evaluation.all()));
    cells.add(share(evaluation.allButDescribe()));
    types.forEach(type -> cells.add(share(evaluation.ofType(type))));
    return cells.toArray();
  }

  private static String share(Accuracy accuracy) {
    return decimals(2, accuracy.share());
  }

  private static String sample(Evaluation none, int rounds) {
    int perType = none.byType().values().stream().mapToInt(Accuracy::asked).min().orElseThrow();
    return """
        %d questions, at least %d of each type; accuracy is exact match. By chance alone a type's
        accuracy is off by up to %s, that of all by up to %s (95 %%, where the truth is .5).
        Prefill: medians of %d interleaved rounds, one question at a time, in each of which every
        setting answers the same question; with dyvte, whose gates treat each question differently, the
        ratio is the mean (exits.md has it for many questions). "image tokens kept" is the mean over the layers.
        """
        .formatted(
            none.asked().size(),
            perType,
            decimals(2, none.byType().values().iterator().next().worstError()),
            decimals(2, none.all().worstError()),
            rounds);
  }

  private static String refusals(Map<Setting, String> refused) {
    StringBuilder text = new StringBuilder();
    refused.forEach(
        (setting, why) ->
            text.append(
                "\nNot measured: %s, %s: %s\n".formatted(setting.curve(), setting.label(), why)));
    return text.toString();
  }
}
