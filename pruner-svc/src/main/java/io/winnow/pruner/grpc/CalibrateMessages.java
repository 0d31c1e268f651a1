package io.winnow.pruner.grpc;

import io.winnow.pruner.calibration.CalibrationRequest;
import io.winnow.pruner.calibration.CalibrationRequest.FitPruneByFlops;
import io.winnow.pruner.calibration.CalibrationRequest.FitPruneByVisualShare;
import io.winnow.pruner.calibration.CalibrationRequest.Vtw;
import io.winnow.pruner.calibration.Sample;
import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.v1.CalibrateBegin;
import io.winnow.v1.FitPruneCalibration;
import io.winnow.v1.SampleShape;
import io.winnow.v1.VtwCalibration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads what a calibration is asked for, and checks it. */
final class CalibrateMessages {

  private static final int MOST_LAYERS = 4096;
  private static final int MOST_ANSWER_TOKENS = 64;
  private static final double USUAL_THRESHOLD = 0.003;
  private static final Pattern NAME = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,99})?");

  private CalibrateMessages() {}

  static CalibrationRequest request(CalibrateBegin begin) throws RefusedException {
    require(!begin.getModel().isEmpty(), "model", "must be given");
    require(
        NAME.matcher(begin.getRecipeName()).matches(),
        "recipe_name",
        "must be 1 to 100 letters, digits or . _ -");
    int layers = begin.getShape().getLayers();
    require(layers >= 2 && layers <= MOST_LAYERS, "shape.layers", "must be 2 to 4096");
    require(
        begin.getShape().getHiddenSize() > 0 && begin.getShape().getIntermediateSize() > 0,
        "shape",
        "must have positive sizes");
    return new CalibrationRequest(
        begin.getModel(),
        begin.getRecipeName(),
        new DecoderDimensions(
            layers, begin.getShape().getHiddenSize(), begin.getShape().getIntermediateSize()),
        method(begin),
        samples(begin.getSamplesList()));
  }

  private static CalibrationRequest.Method method(CalibrateBegin begin) throws RefusedException {
    return switch (begin.getMethodCase()) {
      case FITPRUNE -> fitPrune(begin.getFitprune());
      case VTW -> vtw(begin.getVtw());
      case METHOD_NOT_SET ->
          throw new RefusedException(
              PrunerFailure.of(
                  Reason.UNKNOWN_METHOD,
                  "method must be fitprune or vtw: other methods need no recipe",
                  "method"));
    };
  }

  private static CalibrationRequest.Method fitPrune(FitPruneCalibration fitPrune)
      throws RefusedException {
    return switch (fitPrune.getBudgetCase()) {
      case FLOPS_RATIO ->
          new FitPruneByFlops(share("fitprune.flops_ratio", fitPrune.getFlopsRatio()));
      case VISUAL_SAVED_RATIO ->
          new FitPruneByVisualShare(
              share("fitprune.visual_saved_ratio", fitPrune.getVisualSavedRatio()));
      case BUDGET_NOT_SET ->
          throw refusal("fitprune.flops_ratio", "must be given: how much of the MACs may remain");
    };
  }

  private static CalibrationRequest.Method vtw(VtwCalibration vtw) throws RefusedException {
    double threshold = vtw.getThreshold() == 0 ? USUAL_THRESHOLD : vtw.getThreshold();
    require(
        threshold > 0 && Double.isFinite(threshold), "vtw.threshold", "must be above 0, in nats");
    int tokens = vtw.getAnswerTokens() == 0 ? 1 : vtw.getAnswerTokens();
    require(tokens >= 1 && tokens <= MOST_ANSWER_TOKENS, "vtw.answer_tokens", "must be 1 to 64");
    return new Vtw(threshold, tokens);
  }

  private static List<Sample> samples(List<SampleShape> shapes) throws RefusedException {
    require(!shapes.isEmpty(), "samples", "must name at least one prompt");
    List<Sample> samples = new ArrayList<>();
    for (SampleShape shape : shapes) {
      require(
          shape.getTextTokens() >= 1
              && shape.getVisualTokens() >= 0
              && (shape.getVisualTokens() > 0) == (shape.getPictures() > 0),
          "samples[" + samples.size() + "]",
          "must have text, and visual tokens if and only if it has pictures");
      samples.add(
          new Sample(
              samples.size(), shape.getTextTokens(), shape.getVisualTokens(), shape.getPictures()));
    }
    return samples;
  }

  private static double share(String param, double value) throws RefusedException {
    require(value > 0 && value < 1, param, "must be above 0 and below 1");
    return value;
  }

  private static void require(boolean condition, String param, String problem)
      throws RefusedException {
    if (!condition) {
      throw refusal(param, problem);
    }
  }

  private static RefusedException refusal(String param, String problem) {
    return new RefusedException(
        PrunerFailure.of(Reason.INVALID_REQUEST, param + " " + problem, param));
  }
}
