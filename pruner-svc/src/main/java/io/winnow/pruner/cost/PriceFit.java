package io.winnow.pruner.cost;

import io.winnow.pruner.cost.NonNegativeLeastSquares.Row;
import io.winnow.pruner.cost.PrefillWindow.WeightedPrefill;
import io.winnow.pruner.planning.PrefillWork;
import java.util.ArrayList;
import java.util.List;

/**
 * Prefill time as a constant, and a price for each kind of work: linear, attention, ranking. No
 * price is below zero.
 *
 * <p>The fit is of relative errors, since times spread over orders of magnitude. It is drawn
 * towards what counting MACs says (every MAC costs the same and nothing else does) just enough that
 * prices which the measured prefills cannot tell apart stay at that.
 *
 * @param unit MACs of one unit of work
 * @param prices microseconds of nothing, and of a unit of each work // [4]
 */
record PriceFit(double unit, double[] prices) {

  private static final int TERMS = 4;

  /**
   * What is believed before anything is measured, the weight being in prefills: a constant is
   * small; linear work costs the rate; attention the same per MAC, more or less; ranking may cost a
   * multiple, since it is bound by memory and not by MACs.
   */
  private static final List<Row> PRIOR =
      List.of(
          new Row(new double[] {1, 0, 0, 0}, 0, 0.04),
          new Row(new double[] {0, 1, 0, 0}, 1, 0.004),
          new Row(new double[] {0, -1, 1, 0}, 0, 5e-4),
          new Row(new double[] {0, -1, 0, 1}, 0, 6e-6));

  /** Fits; there must be at least one prefill of a weight above zero. */
  static PriceFit of(List<WeightedPrefill> samples) {
    double weight = 0;
    double unit = 0;
    double rate = 0; // microseconds a MAC
    for (WeightedPrefill sample : samples) {
      weight += sample.weight();
      unit += sample.weight() * sample.measured().work().total();
      rate += sample.weight() * sample.measured().rate();
    }
    unit /= weight;
    rate /= weight;
    double[] relative = relativePrices(samples, unit, rate);
    double[] prices = new double[TERMS];
    for (int term = 0; term < TERMS; term++) {
      prices[term] = relative[term] * rate * unit;
    }
    return new PriceFit(unit, prices);
  }

  /** Expected wall time of a prefill, in microseconds. */
  double micros(PrefillWork work) {
    return prices[0]
        + (prices[1] * work.linear() + prices[2] * work.attention() + prices[3] * work.ranking())
            / unit;
  }

  /** Prices as multiples of the rate; each row is divided by its prefill's work. */
  private static double[] relativePrices(List<WeightedPrefill> samples, double unit, double rate) {
    List<Row> rows = new ArrayList<>(PRIOR);
    for (WeightedPrefill sample : samples) {
      PrefillWork work = sample.measured().work();
      double total = work.total();
      double[] features = {
        unit / total, work.linear() / total, work.attention() / total, work.ranking() / total
      };
      rows.add(new Row(features, sample.measured().rate() / rate, sample.weight()));
    }
    return NonNegativeLeastSquares.solve(rows);
  }
}
