package io.winnow.pruner.calibration;

import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.v1.Recipe;
import java.util.List;

/** How a calibration ended. */
public sealed interface CalibrationResult {

  /**
   * With a recipe.
   *
   * @param notes what a person should know
   */
  record Found(Recipe recipe, List<String> notes) implements CalibrationResult {

    public Found {
      notes = List.copyOf(notes);
    }
  }

  /** Without. */
  record Refused(PrunerFailure failure) implements CalibrationResult {}
}
