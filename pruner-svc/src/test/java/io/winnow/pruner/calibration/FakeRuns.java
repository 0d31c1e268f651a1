package io.winnow.pruner.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Prompts whose attention is drawn from a seed and shifts with what was dropped before, as softmax
 * does: a search that looks at the wrong rows or masses comes to other numbers.
 */
final class FakeRuns implements PromptRuns {

  final List<String> asked = new ArrayList<>();
  private final int layers;
  private final int[] visualTokens; // [samples]
  private final long seed;

  FakeRuns(int layers, int[] visualTokens, long seed) {
    this.layers = layers;
    this.visualTokens = visualTokens;
    this.seed = seed;
  }

  List<Sample> samples() {
    return IntStream.range(0, visualTokens.length)
        .mapToObj(number -> new Sample(number, 10 + number, visualTokens[number], 1))
        .toList();
  }

  /** What the rows that are left receive in a layer. */
  AttentionVectors seen(int sample, int layer, List<Integer> alive) {
    double gone = 1 - alive.size() / (double) visualTokens[sample];
    return new AttentionVectors(
        attention(sample, layer, alive, 1, gone), attention(sample, layer, alive, 2, gone));
  }

  private float[] attention(int sample, int layer, List<Integer> alive, int kind, double gone) {
    float[] attention = new float[alive.size()];
    for (int index = 0; index < attention.length; index++) {
      Random random =
          new Random(
              seed + 31L * sample + 1009L * layer + 65537L * kind + 7919L * alive.get(index));
      random.nextDouble();
      // Coarse, so that there are ties; and the mass of those that went goes to those that stay.
      double value = Math.exp(4 * Math.round(random.nextDouble() * 50) / 50.0);
      attention[index] = (float) (value * (1 + gone / 2));
    }
    return attention;
  }

  @Override
  public void attend(int sample, LayerVisitor visitor) {
    asked.add("attend " + sample);
    List<Integer> alive = all(sample);
    for (int layer = 0; layer < layers - 1; layer++) {
      int[] dropped = visitor.drop(layer, seen(sample, layer, alive));
      alive = without(alive, dropped);
    }
  }

  @Override
  public List<AttentionVectors> attend(int sample) {
    List<Integer> alive = all(sample);
    return IntStream.range(0, layers).mapToObj(layer -> seen(sample, layer, alive)).toList();
  }

  @Override
  public AnswerLogits answer(int sample, int[] withdrawLayers, int answerTokens) {
    asked.add("answer " + sample + " " + Arrays.toString(withdrawLayers) + " " + answerTokens);
    float[][] full = new float[answerTokens][];
    Arrays.setAll(full, token -> new float[] {1, 2, token});
    List<float[][]> withdrawn = new ArrayList<>();
    for (int layer : withdrawLayers) {
      float[][] rows = new float[answerTokens][];
      Arrays.setAll(rows, token -> new float[] {1 + (layers - layer) * 0.1f, 2, token});
      withdrawn.add(rows);
    }
    return new AnswerLogits(full, withdrawn);
  }

  List<Integer> all(int sample) {
    return IntStream.range(0, visualTokens[sample]).boxed().toList();
  }

  static List<Integer> without(List<Integer> alive, int[] dropped) {
    List<Integer> left = new ArrayList<>();
    for (int index = 0; index < alive.size(); index++) {
      if (Arrays.binarySearch(dropped, index) < 0) {
        left.add(alive.get(index));
      }
    }
    return left;
  }
}
