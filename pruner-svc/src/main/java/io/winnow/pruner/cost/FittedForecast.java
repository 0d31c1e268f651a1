package io.winnow.pruner.cost;

import io.winnow.pruner.planning.PrefillForecast;
import io.winnow.pruner.planning.PrefillWork;

/**
 * Times by a fit.
 *
 * @param measured prefills that it rests on
 * @param needed how many it takes
 * @param unpruned weight in the fit of prefills with every visual token
 * @param fit of the prefill
 * @param restMicros time to first token that is not prefill: encoding, wire, deciding, first draw
 */
record FittedForecast(int measured, int needed, double unpruned, PriceFit fit, double restMicros)
    implements PrefillForecast {

  /** Some four fresh ones reach it; by age they fall below within some hundred prefills. */
  private static final double COMPARABLE = 2;

  @Override
  public boolean comparable() {
    return unpruned >= COMPARABLE;
  }

  @Override
  public double prefillMicros(PrefillWork work) {
    return fit.micros(work);
  }

  @Override
  public double firstTokenMicros(PrefillWork work) {
    return restMicros + fit.micros(work);
  }
}
