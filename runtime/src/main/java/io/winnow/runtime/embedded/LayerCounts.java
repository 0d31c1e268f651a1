package io.winnow.runtime.embedded;

import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import java.util.Arrays;

/**
 * Follows a prefill through the layers: how many rows enter each of them under the plan. What
 * enters a layer is what its KV cache holds afterwards.
 */
final class LayerCounts {

  private final PrefillPlan plan;
  private final int textRows;
  private final long[] alive; // [pictures], visual rows that enter the next layer
  private final int[] entered; // [layers]
  private final int[] visualEntered; // [layers]

  LayerCounts(Prompt prompt, PrefillPlan plan, int layers) {
    this.plan = plan;
    this.alive = new long[prompt.pictures()];
    for (long span : prompt.spans()) {
      if (span >= 0) {
        alive[(int) span]++;
      }
    }
    this.textRows = prompt.length() - prompt.visualRows();
    this.entered = new int[layers];
    this.visualEntered = new int[layers];
  }

  /** The rows alive enter this layer, and leave it as the plan says. */
  void pass(int layer) {
    visualEntered[layer] = visualAlive();
    entered[layer] = rowsAlive();
    if (plan.keep().isPresent()) {
      long[] quota = plan.keep().get()[layer]; // [pictures]
      for (int picture = 0; picture < alive.length; picture++) {
        alive[picture] = Math.min(alive[picture], quota[picture]);
      }
    }
  }

  /** All visual rows are withdrawn before the next layer. */
  void withdraw() {
    Arrays.fill(alive, 0);
  }

  int visualAlive() {
    return (int) Arrays.stream(alive).sum();
  }

  int rowsAlive() {
    return textRows + visualAlive();
  }

  /** Rows that entered a layer that was passed. */
  int entered(int layer) {
    return entered[layer];
  }

  int[] entered() {
    return entered.clone();
  }

  int[] visualEntered() {
    return visualEntered.clone();
  }
}
