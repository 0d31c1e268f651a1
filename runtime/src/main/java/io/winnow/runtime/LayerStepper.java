package io.winnow.runtime;

/**
 * Runs single prompts through a decoder layer by layer, for calibration and research: beside the
 * live generations and their slots, and slower, since it looks at everything. Thread-safe; how many
 * passes are open at a time is the caller's to bound, each holds the hidden states of its rows and
 * one layer's keys and values.
 */
public interface LayerStepper {

  /**
   * Begins a pass in front of layer 0.
   *
   * @param prompt must not be changed afterwards
   * @throws IllegalArgumentException if the prompt does not fit the context or the hidden size
   */
  LayerPass begin(Prompt prompt);
}
