package io.winnow.pruner.calibration;

import io.winnow.pruner.planning.DecoderDimensions;
import java.util.List;

/**
 * A recipe that is wanted.
 *
 * @param model for which model
 * @param recipeName its name; empty: one is made
 * @param decoder shape of the model's decoder
 * @param method how
 * @param samples the prepared prompts
 */
public record CalibrationRequest(
    String model,
    String recipeName,
    DecoderDimensions decoder,
    Method method,
    List<Sample> samples) {

  public CalibrationRequest {
    samples = List.copyOf(samples);
  }

  /** A method and what it is given. */
  public sealed interface Method {}

  /** FitPrune; the remaining share of all tokens' MACs, in (0, 1). */
  public record FitPruneByFlops(double flopsRatio) implements Method {}

  /** FitPrune; the share of the visual tokens' MACs to save, in (0, 1). */
  public record FitPruneByVisualShare(double savedShare) implements Method {}

  /**
   * VTW.
   *
   * @param threshold on the mean divergence, in nats, above 0
   * @param answerTokens that are compared, at least 1
   */
  public record Vtw(double threshold, int answerTokens) implements Method {}
}
