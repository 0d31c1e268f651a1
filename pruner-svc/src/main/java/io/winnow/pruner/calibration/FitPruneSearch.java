package io.winnow.pruner.calibration;

import io.winnow.pruner.calibration.Dispensable.Masses;
import io.winnow.pruner.calibration.PromptRuns.AttentionVectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * FitPrune's search (arXiv 2409.10197, sections 3.2 and 3.3; 1.2 to 1.4 of our notes): by bisection
 * the smallest tolerated loss alpha of both attention masses whose deletions save enough. Samples
 * run one after the other; {@link Candidate} says why that comes to the integers of the paper's
 * lock step. Blocks for as long as the runs take.
 */
final class FitPruneSearch {

  /** The paper's, with room for rounding. */
  private static final double TOLERANCE = 0.01 + 1e-6;

  private final PromptRuns runs;
  private final Progress progress;
  private final List<Sample> samples;
  private final int layers;
  private final List<Masses[]> references = new ArrayList<>(); // [samples][layers]

  /**
   * @param samples at least one, each with visual tokens
   */
  FitPruneSearch(PromptRuns runs, Progress progress, List<Sample> samples, int layers) {
    this.runs = runs;
    this.progress = progress;
    this.samples = List.copyOf(samples);
    this.layers = layers;
  }

  /**
   * What was found.
   *
   * @param candidate of the smallest feasible alpha that was tried
   * @param stop first layer that deletes nothing
   */
  record Found(Candidate candidate, int stop) {

    double alpha() {
      return candidate.alpha();
    }

    int[] recipe() {
      return candidate.recipe(stop);
    }
  }

  /** The last feasible candidate, which is the best; empty if none saves enough. */
  Optional<Found> search(Goal goal) throws InterruptedException {
    measureReferences();
    Optional<Found> found = Optional.empty();
    double low = 0;
    double high = 1;
    while (high - low > TOLERANCE) {
      double alpha = (low + high) / 2;
      Candidate candidate = candidate(alpha);
      OptionalInt stop = goal.stop(candidate);
      if (stop.isPresent()) {
        high = alpha;
        found = Optional.of(new Found(candidate, stop.getAsInt()));
      } else {
        low = alpha;
      }
    }
    return found;
  }

  private void measureReferences() throws InterruptedException {
    references.clear();
    for (Sample sample : samples) {
      List<AttentionVectors> seen = runs.attend(sample.number());
      references.add(seen.stream().map(Masses::of).toArray(Masses[]::new));
      progress.prompt("unpruned attention", references.size(), samples.size());
    }
  }

  private Candidate candidate(double alpha) throws InterruptedException {
    List<int[]> deleted = new ArrayList<>();
    for (int index = 0; index < samples.size(); index++) {
      Masses[] reference = references.get(index);
      int[] counts = new int[layers]; // the last layer's stays 0: nothing runs after it
      runs.attend(
          samples.get(index).number(),
          (layer, seen) -> {
            int[] rows = Dispensable.rows(seen, alpha, reference[layer]);
            counts[layer] = rows.length;
            return rows;
          });
      deleted.add(counts);
      progress.prompt("alpha " + alpha, deleted.size(), samples.size());
    }
    int[] visual = samples.stream().mapToInt(Sample::visualTokens).toArray();
    return new Candidate(alpha, visual, deleted);
  }
}
