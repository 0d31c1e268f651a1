package io.winnow.modelkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Which of a tower's states become visual tokens.
 *
 * @param layers the layers whose outputs are put side by side, 0 being the first one's input
 */
record VisualFeatures(List<Integer> layers) {

  private static final String STRATEGY = "vision_feature_select_strategy";

  VisualFeatures {
    layers = List.copyOf(layers);
  }

  /** Reads LLaVA's keys, where negative layers count from the end. */
  static VisualFeatures read(JsonFields config, TowerShape tower) {
    // "default" leaves the first token out: the class token, where there is one.
    String strategy = tower.classToken() ? "default" : "full";
    if (!config.text(STRATEGY, "default").equals(strategy)) {
      throw config.unsupported(
          STRATEGY,
          strategy
              + " for a tower "
              + (tower.classToken() ? "with" : "without")
              + " a class token, so that the tokens form a grid");
    }
    return new VisualFeatures(layers(config, "vision_feature_layer", tower.layers()));
  }

  static List<Integer> layers(JsonFields config, String key, int count) {
    List<Integer> layers = new ArrayList<>();
    for (int layer : config.has(key) ? config.integers(key) : List.of(-2)) {
      int used = layer < 0 ? count + 1 + layer : layer;
      if (used < 0 || used > count) {
        throw config.unsupported(key, "the outputs of the " + count + " layers");
      }
      layers.add(used);
    }
    if (layers.isEmpty() || Collections.max(layers) == 0) {
      throw config.unsupported(key, "the outputs of the " + count + " layers");
    }
    return layers;
  }

  /** The last layer that has to run; saliency is taken from its attention. */
  int deepest() {
    return Collections.max(layers);
  }
}
