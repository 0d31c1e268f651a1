package io.winnow.cli.curves;

import io.winnow.cli.evaluate.Asked;
import io.winnow.cli.evaluate.Evaluation;
import java.util.List;

/**
 * What was measured at one setting.
 *
 * @param setting the setting
 * @param evaluation answers to all questions
 * @param timed the answers of the timed rounds
 * @param prefillMillis median of the timed rounds
 * @param prefillRatio median over rounds of the ratio to the same round's unpruned prefill; the
 *     mean where each question decides how much is pruned
 */
record CurvePoint(
    Setting setting,
    Evaluation evaluation,
    List<Asked> timed,
    double prefillMillis,
    double prefillRatio) {

  CurvePoint {
    timed = List.copyOf(timed);
  }

  double flopsRatio() {
    return evaluation.meanFlopsRatio();
  }
}
