package io.winnow.runtime;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Draws tokens as docs/sampling.md specifies, to the bit. Pure: a draw depends only on the
 * request's sampling, the step and the logits, never on earlier draws or on the batch.
 */
public final class Sampler {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private Sampler() {}

  /**
   * Whether a draw can reach beyond the candidates, so that {@link LogitRow#logits} must be there.
   */
  public static boolean needsFullRow(Sampling sampling, int candidates, int vocabularySize) {
    boolean cutToCandidates = sampling.topK() >= 1 && sampling.topK() <= candidates;
    return sampling.temperature() > 0 && candidates < vocabularySize && !cutToCandidates;
  }

  /**
   * Draws the token of a step.
   *
   * @param step number of the token within the answer, from 0
   * @throws ArithmeticException if the logits are no numbers
   */
  public static SampledToken sample(Sampling sampling, int step, LogitRow row) {
    requireNumbers(row);
    Ranking ranking = new Ranking(row);
    int drawn = sampling.temperature() == 0 ? 0 : draw(sampling, step, ranking);
    return new SampledToken(
        step,
        ranking.id(drawn),
        ranking.logit(drawn) - (double) row.logSumExp(),
        topCandidates(sampling.topLogprobs(), row));
  }

  /** The generator: a number in [0, 1) for each (seed, step). */
  static double uniform(long seed, int step) {
    return (mix(mix(seed) + GAMMA * (step + 1L)) >>> 11) * 0x1.0p-53;
  }

  /** Finaliser of SplitMix64. */
  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Rank of the drawn token. */
  private static int draw(Sampling sampling, int step, Ranking ranking) {
    int limit = ranking.size();
    if (sampling.topK() > 0) {
      limit = Math.min(limit, sampling.topK());
    }
    Weights weights = new Weights(ranking, sampling.temperature());
    double nucleus = sampling.topP() * weights.total(limit);
    double mass = 0;
    int tokens = 0;
    if (sampling.topP() < 1) {
      while (tokens < limit && (tokens == 0 || mass < nucleus)) {
        mass += weights.of(tokens++);
      }
    } else {
      mass = nucleus;
      tokens = limit;
    }
    double target = uniform(sampling.seed(), step) * mass;
    double walked = 0;
    int last = 0;
    for (int rank = 0; rank < tokens; rank++) {
      double weight = weights.of(rank);
      walked += weight;
      if (walked > target) {
        return rank;
      }
      if (weight > 0) {
        last = rank;
      }
    }
    // The sums of the total and of the walk may round apart: the end belongs to the last token.
    return last;
  }

  private static void requireNumbers(LogitRow row) {
    if (!Float.isFinite(row.logSumExp()) || !Float.isFinite(row.candidateLogits()[0])) {
      throw new ArithmeticException("the model's logits are not finite");
    }
    for (float logit : row.candidateLogits()) {
      if (Float.isNaN(logit)) {
        throw new ArithmeticException("the model's logits are not numbers");
      }
    }
  }

  private static List<SampledToken.Candidate> topCandidates(int count, LogitRow row) {
    return IntStream.range(0, Math.min(count, row.candidateIds().length))
        .mapToObj(
            rank ->
                new SampledToken.Candidate(
                    row.candidateIds()[rank],
                    row.candidateLogits()[rank] - (double) row.logSumExp()))
        .toList();
  }

  /** Tokens by (logit descending, id ascending). Sorts the vocabulary only if a walk gets there. */
  private static final class Ranking {

    private final LogitRow row;
    private int[] sortedIds = new int[0]; // [vocabulary], empty until needed

    Ranking(LogitRow row) {
      this.row = row;
    }

    int size() {
      return row.logits().map(logits -> logits.length).orElse(row.candidateIds().length);
    }

    int id(int rank) {
      return rank < row.candidateIds().length ? row.candidateIds()[rank] : sortedIds()[rank];
    }

    float logit(int rank) {
      return rank < row.candidateIds().length
          ? row.candidateLogits()[rank]
          : row.logits().orElseThrow()[sortedIds()[rank]];
    }

    private int[] sortedIds() {
      if (sortedIds.length == 0) {
        float[] logits = row.logits().orElseThrow();
        sortedIds =
            IntStream.range(0, logits.length)
                .boxed()
                .sorted(
                    Comparator.<Integer>comparingDouble(id -> 0.0 - logits[id])
                        .thenComparingInt(id -> id))
                .mapToInt(Integer::intValue)
                .toArray();
      }
      return sortedIds;
    }
  }

  /** Unnormalised probabilities at a temperature; the best token's is 1. */
  private record Weights(Ranking ranking, double temperature) {

    double of(int rank) {
      return of(ranking.logit(rank));
    }

    /** Sum over the best {@code limit} tokens; over the vocabulary in the order of ids. */
    double total(int limit) {
      double sum = 0;
      if (limit == ranking.size() && ranking.row.logits().isPresent()) {
        for (float logit : ranking.row.logits().get()) {
          sum += of(logit);
        }
      } else {
        for (int rank = 0; rank < limit; rank++) {
          sum += of(rank);
        }
      }
      if (Double.isNaN(sum)) {
        throw new ArithmeticException("the model's logits are not numbers");
      }
      return sum;
    }

    private double of(float logit) {
      // StrictMath: the same bits on every JVM.
      return StrictMath.exp(((double) logit - (double) ranking.logit(0)) / temperature);
    }
  }
}
