package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.LogitRow;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampler;
import io.winnow.runtime.Sampling;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The model's own sampler in Python against Java's, also where a draw leaves the candidates. */
@OnTriton
class TritonSamplingIT {

  private static final int CASES = 400;
  private static final int VOCABULARY = 300;
  private static final int CANDIDATES = 24;

  /** Reads a case a line: settings, then all logits; prints the token and its log-probability. */
  private static final String PROGRAM =
      """
      import sys
      import numpy as np
      from winnow_sampling import LogitRow, Sampling, sample
      for line in sys.stdin:
          temperature, top_p, top_k, seed, step, candidates, lse, *logits = line.split()
          sampling = Sampling(float(temperature), float(top_p), int(top_k), int(seed), 0)
          logits = np.array([float(value) for value in logits], np.float32)
          count = int(candidates)
          ids = np.argsort(-logits, kind="stable")[:count]
          wide = sampling.needs_full_row(count, len(logits))
          row = LogitRow(logits[ids], ids, np.float32(lse), logits if wide else None)
          token = sample(sampling, int(step), row)
          print(token.id, repr(token.logprob))
      """;

  @Test
  void drawsWhatJavaDraws() throws Exception {
    Random random = new Random(20261125);
    List<Case> cases = IntStream.range(0, CASES).mapToObj(number -> Case.random(random)).toList();

    List<String> drawn = ModelPython.run(PROGRAM, cases.stream().map(Case::line).toList());

    for (int number = 0; number < CASES; number++) {
      SampledToken expected = cases.get(number).drawnByJava();
      String[] fields = drawn.get(number).split(" ", 2);
      assertThat(Integer.parseInt(fields[0])).as("case %s", number).isEqualTo(expected.id());
      assertThat(Double.parseDouble(fields[1])).as("case %s", number).isEqualTo(expected.logprob());
    }
    long beyond = cases.stream().filter(Case::leavesTheCandidates).count();
    assertThat(beyond).as("draws beyond the candidates").isGreaterThan(CASES / 20);
  }

  /** One draw. */
  private record Case(Sampling sampling, int step, float[] logits, float logSumExp) {

    static Case random(Random random) {
      float[] logits = new float[VOCABULARY];
      float spread = 1 + random.nextInt(4);
      for (int id = 0; id < VOCABULARY; id++) {
        // Rounded: equal logits are told apart by their ids.
        logits[id] = Math.round(random.nextGaussian() * 8 * spread) / 8f;
      }
      double temperature = List.of(0.0, 0.7, 1.0, 3.0, 50.0).get(random.nextInt(5));
      double topP = random.nextBoolean() ? 1 : 0.05 + 0.94 * random.nextDouble();
      int topK = List.of(0, 0, 1, 10, CANDIDATES, 100).get(random.nextInt(6));
      Sampling sampling = new Sampling(temperature, topP, topK, random.nextLong(), 0);
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit);
      }
      return new Case(sampling, random.nextInt(1000), logits, (float) Math.log(sum));
    }

    SampledToken drawnByJava() {
      int[] ids = ranked();
      float[] best = new float[CANDIDATES];
      for (int rank = 0; rank < CANDIDATES; rank++) {
        best[rank] = logits[ids[rank]];
      }
      boolean wide = Sampler.needsFullRow(sampling, CANDIDATES, VOCABULARY);
      return Sampler.sample(
          sampling,
          step,
          new LogitRow(
              best,
              Arrays.copyOf(ids, CANDIDATES),
              logSumExp,
              wide ? Optional.of(logits) : Optional.empty()));
    }

    boolean leavesTheCandidates() {
      int drawn = drawnByJava().id();
      return Arrays.stream(ranked()).limit(CANDIDATES).noneMatch(id -> id == drawn);
    }

    String line() {
      String values =
          IntStream.range(0, VOCABULARY)
              .mapToObj(id -> Float.toString(logits[id]))
              .collect(Collectors.joining(" "));
      return String.join(
          " ",
          Double.toString(sampling.temperature()),
          Double.toString(sampling.topP()),
          Integer.toString(sampling.topK()),
          Long.toString(sampling.seed()),
          Integer.toString(step),
          Integer.toString(CANDIDATES),
          Float.toString(logSumExp),
          values);
    }

    private int[] ranked() {
      return IntStream.range(0, VOCABULARY)
          .boxed()
          .sorted(Comparator.<Integer>comparingDouble(id -> -logits[id]).thenComparingInt(id -> id))
          .mapToInt(Integer::intValue)
          .toArray();
    }
  }
}
