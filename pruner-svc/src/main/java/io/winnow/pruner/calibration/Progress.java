package io.winnow.pruner.calibration;

/** Hears how far a calibration is. */
public interface Progress {

  /**
   * A prompt is done.
   *
   * @param phase what happens, for a person
   * @param done prompts done in this phase
   * @param total prompts of this phase
   */
  void prompt(String phase, int done, int total) throws InterruptedException;
}
