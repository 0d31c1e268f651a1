package io.winnow.pruner.cost;

import io.winnow.pruner.cost.PrefillWindow.WeightedPrefill;
import io.winnow.pruner.planning.PrefillCosts.MeasuredPrefill;
import io.winnow.pruner.planning.PrefillForecast;
import java.util.List;

/** What is known of one model. */
final class ModelCosts {

  /** Prefills before times are told: enough for a median that one slow start does not move. */
  static final int NEEDED = 8;

  /** Beyond these a single prefill changes little, so the fit is redone for every fourth only. */
  private static final int FIT_EACH = 64;

  private static final int FIT_EVERY = 4;

  private final PrefillWindow window = new PrefillWindow();
  private final RecentMedian beforeAndAfter = new RecentMedian();
  private volatile PrefillForecast forecast = PrefillForecast.unknown(0, NEEDED);

  PrefillForecast forecast() {
    return forecast;
  }

  synchronized void learn(MeasuredPrefill measured) {
    window.add(measured);
    if (measured.firstTokenMicros() > 0) {
      beforeAndAfter.add(Math.max(0, measured.firstTokenMicros() - measured.prefillMicros()));
    }
    int seen = window.size();
    if (seen < NEEDED) {
      forecast = PrefillForecast.unknown(seen, NEEDED);
    } else if (seen < FIT_EACH || measured.unpruned() || window.learned() % FIT_EVERY == 0) {
      List<WeightedPrefill> samples = window.samples();
      forecast =
          new FittedForecast(
              seen, NEEDED, unpruned(samples), PriceFit.of(samples), beforeAndAfter.median());
    }
  }

  private static double unpruned(List<WeightedPrefill> samples) {
    return samples.stream()
        .filter(sample -> sample.measured().unpruned())
        .mapToDouble(WeightedPrefill::weight)
        .sum();
  }
}
