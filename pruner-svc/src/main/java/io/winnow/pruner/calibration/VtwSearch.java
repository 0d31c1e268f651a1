package io.winnow.pruner.calibration;

import io.winnow.pruner.calibration.PromptRuns.AnswerLogits;
import java.util.List;
import java.util.stream.IntStream;

/**
 * VTW's search (arXiv 2405.05803; 2.3 and 2.6 of our notes): the first layer before which the
 * pictures can be withdrawn and the answers' distributions stay near the unpruned model's. The mean
 * over a prompt's tokens first, then over prompts, so that a long answer weighs like a short one.
 */
final class VtwSearch {

  private final PromptRuns runs;
  private final Progress progress;
  private final List<Sample> samples;
  private final int layers;

  /**
   * @param samples at least one, each with visual tokens
   */
  VtwSearch(PromptRuns runs, Progress progress, List<Sample> samples, int layers) {
    this.runs = runs;
    this.progress = progress;
    this.samples = List.copyOf(samples);
    this.layers = layers;
  }

  /**
   * What was found.
   *
   * @param withdrawLayer the layer; the number of layers if there is none to withdraw before
   * @param candidates layers that were tried
   * @param divergences mean KL(withdrawn || full) of each, in nats
   */
  record Found(int withdrawLayer, int[] candidates, double[] divergences) {}

  Found search(double threshold, int answerTokens) throws InterruptedException {
    int[] candidates = IntStream.range(firstCandidate(layers), layers).toArray();
    double[] divergences = new double[candidates.length];
    int done = 0;
    for (Sample sample : samples) {
      AnswerLogits answer = runs.answer(sample.number(), candidates, answerTokens);
      for (int index = 0; index < candidates.length; index++) {
        divergences[index] +=
            meanDivergence(answer.withdrawn().get(index), answer.full()) / samples.size();
      }
      progress.prompt("answers without pictures", ++done, samples.size());
    }
    int chosen = layers;
    for (int index = candidates.length - 1; index >= 0; index--) {
      chosen = divergences[index] <= threshold ? candidates[index] : chosen;
    }
    return new Found(chosen, candidates, divergences);
  }

  /** 5 of the paper's 32 layers; the same share of other depths. */
  static int firstCandidate(int layers) {
    return (int) Math.max(1, Math.round(5 * layers / 32.0));
  }

  private static double meanDivergence(float[][] withdrawn, float[][] full) {
    double sum = 0;
    for (int token = 0; token < full.length; token++) {
      sum += divergence(withdrawn[token], full[token]);
    }
    return sum / full.length;
  }

  /** KL(q || p) of the softmax distributions of two rows of logits, in nats. */
  static double divergence(float[] q, float[] p) {
    double normalQ = logSumExp(q);
    double normalP = logSumExp(p);
    double sum = 0;
    for (int id = 0; id < q.length; id++) {
      double logQ = q[id] - normalQ;
      double share = Math.exp(logQ);
      if (share > 0) {
        sum += share * (logQ - (p[id] - normalP));
      }
    }
    return Math.max(0, sum); // rounding can fall below
  }

  private static double logSumExp(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum);
  }
}
