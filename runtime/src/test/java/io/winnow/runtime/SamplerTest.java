package io.winnow.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {

  private static final float[] LOGITS = {0.5f, 2.0f, -1.0f, 2.0f, 1.0f, -3.0f, 0.0f, 1.5f};

  @ParameterizedTest(name = "seed {0}, step {1}")
  @CsvSource({
    "0, 0, 0.8833108082136426",
    "0, 1, 0.43152799704850997",
    "0, 2, 0.026433771592597743",
    "1, 0, 0.7497482413580301",
    "42, 0, 0.5961188718302076",
    "42, 1000, 0.8440051422667861",
    "-1, 2, 0.31821586879124175",
  })
  void drawsTheDocumentedNumbers(long seed, int step, double expected) {
    assertThat(Sampler.uniform(seed, step)).isEqualTo(expected);
  }

  @Test
  void greedyTakesTheBestTokenAndTheLowerIdOfTwoEquals() {
    assertThat(Sampler.sample(Sampling.greedy(), 0, row(LOGITS, 8)).id()).isEqualTo(1);
  }

  @Test
  void reportsLogprobsOfTheModelWhateverTheTemperature() {
    Sampling hot = new Sampling(50, 1, 0, 3, 2);

    SampledToken token = Sampler.sample(hot, 0, row(LOGITS, 8));

    double logSumExp = logSumExp(LOGITS);
    assertThat(token.logprob()).isCloseTo(LOGITS[token.id()] - logSumExp, within(1e-6));
    assertThat(token.top()).extracting(SampledToken.Candidate::id).containsExactly(1, 3);
    assertThat(token.top().get(0).logprob()).isCloseTo(2.0 - logSumExp, within(1e-6));
  }

  @Test
  void drawsByTheModelsProbabilities() {
    int[] counts = drawMany(new Sampling(1, 1, 0, 0, 0), row(LOGITS, 8));

    double logSumExp = logSumExp(LOGITS);
    for (int id = 0; id < LOGITS.length; id++) {
      double probability = Math.exp(LOGITS[id] - logSumExp);
      assertThat(counts[id] / 20_000.0).as("id %s", id).isCloseTo(probability, within(0.012));
    }
  }

  @Test
  void topKCutsToTheBestTokens() {
    int[] counts = drawMany(new Sampling(5, 1, 3, 7, 0), row(LOGITS, 8));

    assertThat(idsDrawn(counts)).containsExactly(1, 3, 7);
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesTheMass() {
    // Probabilities: 0.3, 0.3 (ids 1 and 3), 0.18 (7), 0.11 (4), ...
    assertThat(idsDrawn(drawMany(new Sampling(1, 0.25, 0, 7, 0), row(LOGITS, 8))))
        .containsExactly(1);
    assertThat(idsDrawn(drawMany(new Sampling(1, 0.55, 0, 7, 0), row(LOGITS, 8))))
        .containsExactly(1, 3);
    assertThat(idsDrawn(drawMany(new Sampling(1, 0.7, 0, 7, 0), row(LOGITS, 8))))
        .containsExactly(1, 3, 7);
  }

  @Test
  void theNucleusIsMeasuredWithinTopK() {
    // Within the best three 0.55 of the mass is in ids 1 and 3; 0.8 needs id 7.
    assertThat(idsDrawn(drawMany(new Sampling(1, 0.55, 3, 7, 0), row(LOGITS, 8))))
        .containsExactly(1, 3);
    assertThat(idsDrawn(drawMany(new Sampling(1, 0.8, 3, 7, 0), row(LOGITS, 8))))
        .containsExactly(1, 3, 7);
  }

  @Test
  void aTinyTemperatureIsGreedy() {
    for (double temperature : new double[] {1e-3, 1e-30, Double.MIN_VALUE}) {
      Sampling cold = new Sampling(temperature, 1, 0, 7, 0);
      float[] logits = {0, -4e30f, 5, 4.9f, Float.NEGATIVE_INFINITY};

      assertThat(idsDrawn(drawMany(cold, row(logits, 5)))).containsExactly(2);
    }
  }

  @Test
  void goesBeyondTheCandidatesInTheFullRow() {
    float[] logits = new float[1000];
    Random random = new Random(11);
    for (int id = 0; id < logits.length; id++) {
      logits[id] = (float) random.nextGaussian();
    }
    for (double topP : new double[] {0.2, 0.9, 1}) {
      Sampling sampling = new Sampling(1.7, topP, 0, 5, 0);
      for (int step = 0; step < 200; step++) {
        assertThat(Sampler.sample(sampling, step, row(logits, 16)).id())
            .isEqualTo(Sampler.sample(sampling, step, row(logits, 400)).id());
      }
      assertThat(idsDrawn(drawMany(sampling, row(logits, 16)))).hasSizeGreaterThan(50);
    }
  }

  @Test
  void needsTheFullRowOnlyWhereADrawMayLeaveTheCandidates() {
    assertThat(Sampler.needsFullRow(Sampling.greedy(), 256, 32_000)).isFalse();
    assertThat(Sampler.needsFullRow(new Sampling(1, 0.9, 0, 0, 0), 256, 32_000)).isTrue();
    assertThat(Sampler.needsFullRow(new Sampling(1, 0.9, 257, 0, 0), 256, 32_000)).isTrue();
    assertThat(Sampler.needsFullRow(new Sampling(1, 0.9, 256, 0, 0), 256, 32_000)).isFalse();
    assertThat(Sampler.needsFullRow(new Sampling(1, 0.9, 0, 0, 0), 200, 200)).isFalse();
  }

  @Test
  void refusesLogitsThatAreNoNumbers() {
    Sampling warm = new Sampling(1, 1, 0, 0, 0);
    LogitRow poisoned = new LogitRow(new float[] {1, 0}, new int[] {0, 1}, Float.NaN, none());
    LogitRow infinite =
        new LogitRow(
            new float[] {Float.POSITIVE_INFINITY, 0}, new int[] {0, 1}, 1, Optional.empty());
    float[] full = {1, 0, Float.NaN};
    LogitRow poisonedTail =
        new LogitRow(new float[] {1, 0}, new int[] {0, 1}, 1, Optional.of(full));

    for (LogitRow row : List.of(poisoned, infinite)) {
      assertThatExceptionOfType(ArithmeticException.class)
          .isThrownBy(() -> Sampler.sample(Sampling.greedy(), 0, row));
    }
    assertThatExceptionOfType(ArithmeticException.class)
        .isThrownBy(() -> Sampler.sample(warm, 0, poisonedTail));
  }

  private static Optional<float[]> none() {
    return Optional.empty();
  }

  private static int[] drawMany(Sampling sampling, LogitRow row) {
    int[] counts = new int[row.logits().map(all -> all.length).orElse(row.candidateIds().length)];
    for (int step = 0; step < 20_000; step++) {
      counts[Sampler.sample(sampling, step, row).id()]++;
    }
    return counts;
  }

  private static List<Integer> idsDrawn(int[] counts) {
    return IntStream.range(0, counts.length).filter(id -> counts[id] > 0).boxed().toList();
  }

  private static LogitRow row(float[] logits, int candidates) {
    int[] ids =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(id -> -logits[id]).thenComparingInt(id -> id))
            .mapToInt(Integer::intValue)
            .limit(candidates)
            .toArray();
    float[] best = new float[ids.length];
    for (int rank = 0; rank < ids.length; rank++) {
      best[rank] = logits[ids[rank]];
    }
    Optional<float[]> full =
        candidates < logits.length ? Optional.of(logits) : Optional.<float[]>empty();
    return new LogitRow(best, ids, (float) logSumExp(logits), full);
  }

  private static double logSumExp(float[] logits) {
    return Math.log(
        IntStream.range(0, logits.length).mapToDouble(id -> Math.exp(logits[id])).sum());
  }
}
