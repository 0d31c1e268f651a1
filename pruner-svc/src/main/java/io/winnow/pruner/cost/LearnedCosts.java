package io.winnow.pruner.cost;

import io.winnow.pruner.planning.PrefillCosts;
import io.winnow.pruner.planning.PrefillForecast;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Learns what prefills cost from those that ran, each model by itself. Safe for concurrent use;
 * what it holds is bounded: at most {@link #MAX_MODELS} models, those heard of last.
 */
public final class LearnedCosts implements PrefillCosts {

  static final int MAX_MODELS = 64;

  private final Map<String, ModelCosts> models =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ModelCosts> eldest) {
          return size() > MAX_MODELS;
        }
      };

  @Override
  public PrefillForecast forecast(String model) {
    synchronized (models) {
      ModelCosts known = models.get(model);
      return known == null ? PrefillForecast.unknown(0, ModelCosts.NEEDED) : known.forecast();
    }
  }

  @Override
  public void learn(String model, MeasuredPrefill measured) {
    ModelCosts costs;
    synchronized (models) {
      costs = models.computeIfAbsent(model, name -> new ModelCosts());
    }
    costs.learn(measured);
  }
}
