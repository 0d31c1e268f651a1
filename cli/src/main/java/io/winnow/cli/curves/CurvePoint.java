package io.winnow.cli.curves;

import io.winnow.cli.evaluate.Evaluation;

/**
 * What was measured at one setting.
 *
 * @param setting the setting
 * @param evaluation answers to all questions
 * @param prefillMillis median of the timed rounds
 * @param prefillRatio median over rounds of the ratio to the same round's unpruned prefill
 */
record CurvePoint(
    Setting setting, Evaluation evaluation, double prefillMillis, double prefillRatio) {

  double flopsRatio() {
    return evaluation.meanFlopsRatio();
  }
}
