package io.winnow.pruner.calibration;

import io.winnow.pruner.calibration.PromptRuns.AttentionVectors;
import io.winnow.pruner.planning.DecoderDimensions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * FitPrune's search as its paper's code goes: all samples side by side, layer after layer, and a
 * stop as soon as the forecast is within the budget. Slow and plain, to compare with.
 */
final class LockStep {

  private final FakeRuns runs;
  private final DecoderDimensions decoder;
  private final double savedShare;

  LockStep(FakeRuns runs, DecoderDimensions decoder, double savedShare) {
    this.runs = runs;
    this.decoder = decoder;
    this.savedShare = savedShare;
  }

  record Result(double alpha, List<Integer> deleted) {}

  Optional<Result> search() {
    double low = 0;
    double high = 1;
    Optional<Result> last = Optional.empty();
    while (high - low > 0.01 + 1e-6) {
      double alpha = (low + high) / 2;
      Optional<List<Integer>> deleted = evaluate(alpha);
      if (deleted.isPresent()) {
        high = alpha;
        last = Optional.of(new Result(alpha, deleted.get()));
      } else {
        low = alpha;
      }
    }
    return last;
  }

  private Optional<List<Integer>> evaluate(double alpha) {
    int samples = runs.samples().size();
    int layers = decoder.layers();
    List<List<Integer>> alive = new ArrayList<>();
    double budget = 0;
    for (int sample = 0; sample < samples; sample++) {
      alive.add(runs.all(sample));
      budget += layers * (before(alive.get(sample).size()) + after(alive.get(sample).size()));
    }
    budget = budget / samples * (1 - savedShare);
    double spent = 0; // over all samples
    int[] deleted = new int[layers];
    for (int layer = 0; layer < layers; layer++) {
      double ahead = 0;
      for (List<Integer> rows : alive) {
        int v = rows.size();
        spent += before(v);
        ahead += after(v) + (layers - 1 - layer) * (before(v) + after(v));
      }
      if ((spent + ahead) / samples <= budget) {
        return Optional.of(Arrays.stream(deleted).map(count -> count / samples).boxed().toList());
      }
      for (int sample = 0; sample < samples; sample++) {
        AttentionVectors now = runs.seen(sample, layer, alive.get(sample));
        AttentionVectors unpruned = runs.seen(sample, layer, runs.all(sample));
        Set<Integer> gone = spare(now.self(), unpruned.self(), alpha);
        gone.retainAll(spare(now.cross(), unpruned.cross(), alpha));
        deleted[layer] += gone.size();
        alive.set(
            sample,
            FakeRuns.without(
                alive.get(sample), gone.stream().sorted().mapToInt(row -> row).toArray()));
        spent += after(alive.get(sample).size());
      }
    }
    return Optional.empty();
  }

  private static Set<Integer> spare(float[] attention, float[] unpruned, double alpha) {
    List<Integer> order =
        IntStream.range(0, attention.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(row -> attention[row])
                    .thenComparingInt(row -> row))
            .collect(Collectors.toList());
    double reference = 0;
    for (float value : unpruned) {
      reference += value;
    }
    double mass = 0;
    for (float value : attention) {
      mass += value;
    }
    Set<Integer> spared = new HashSet<>();
    for (int row : order.subList(0, order.size() - 1)) {
      mass -= attention[row];
      if (mass < (1 - alpha) * reference) {
        break;
      }
      spared.add(row);
    }
    return spared;
  }

  private double before(int v) {
    double d = decoder.hiddenSize();
    return 3 * v * d * d + 2.0 * v * v * d;
  }

  private double after(int v) {
    double d = decoder.hiddenSize();
    return v * d * d + 3.0 * v * d * decoder.intermediateSize();
  }
}
