package io.winnow.pruner.calibration;

import java.util.List;

/** Runs the prepared prompts of a calibration. Every call blocks; a run that failed throws. */
public interface PromptRuns {

  /**
   * Runs a prompt layer by layer.
   *
   * @param visitor says what leaves after each layer but the last
   */
  void attend(int sample, LayerVisitor visitor) throws InterruptedException;

  /** Runs a prompt layer by layer without dropping anything. */
  List<AttentionVectors> attend(int sample) throws InterruptedException;

  /**
   * Runs a prompt with the first tokens of its own greedy answer, in full and with the pictures
   * withdrawn before some layers.
   *
   * @param withdrawLayers ascending, in [1, layers)
   */
  AnswerLogits answer(int sample, int[] withdrawLayers, int answerTokens)
      throws InterruptedException;

  /** Sees one layer after the other. */
  interface LayerVisitor {

    /** Numbers of the visual rows to drop after this layer, among those that entered, ascending. */
    int[] drop(int layer, AttentionVectors seen);
  }

  /**
   * FitPrune's statistics of a layer, see section 3.2 of its paper.
   *
   * @param self from the picture's own rows // [visual rows]
   * @param cross from the text behind // [visual rows]
   */
  record AttentionVectors(float[] self, float[] cross) {

    public AttentionVectors {
      if (self.length != cross.length) {
        throw new IllegalArgumentException(self.length + " and " + cross.length + " rows");
      }
    }
  }

  /**
   * What an answer's tokens are chosen from.
   *
   * @param full of the unpruned model // [tokens][vocabulary]
   * @param withdrawn of the withdrawals, in their order // [layers][tokens][vocabulary]
   */
  record AnswerLogits(float[][] full, List<float[][]> withdrawn) {

    public AnswerLogits {
      withdrawn = List.copyOf(withdrawn);
    }
  }
}
