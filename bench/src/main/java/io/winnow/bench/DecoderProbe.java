package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Times generations of a decoder that nobody else uses. */
final class DecoderProbe {

  /** So flat that every token is as good as another: an answer hardly ever ends by itself. */
  private static final double FLAT = 1000;

  private static final int CANDIDATES = 128;
  private static final int MAX_SEEDS = 50;

  private final DecoderRuntime decoder;
  private final Sampling sampling;

  /** Answers are greedy. */
  DecoderProbe(DecoderRuntime decoder) {
    this(decoder, Sampling.greedy());
  }

  private DecoderProbe(DecoderRuntime decoder, Sampling sampling) {
    this.decoder = decoder;
    this.sampling = sampling;
  }

  /**
   * A probe whose answers to this prompt are nonsense of at least so many tokens: a trained model
   * would soon end a greedy answer to nonsense.
   */
  static DecoderProbe talkative(DecoderRuntime decoder, Prompt prompt, int tokens)
      throws Exception {
    for (int seed = 1; seed <= MAX_SEEDS; seed++) {
      DecoderProbe probe = new DecoderProbe(decoder, new Sampling(FLAT, 1, CANDIDATES, seed, 0));
      GenerationClock clock = new GenerationClock();
      try (Generation generation = probe.start(prompt, PrefillPlan.keepAll(), tokens, clock)) {
        generation.decode(tokens);
        if (clock.awaitTokens(tokens) == tokens) {
          return probe;
        }
      }
    }
    throw new IllegalStateException("no answer had " + tokens + " tokens");
  }

  /**
   * One generation.
   *
   * @param summary of the prefill
   * @param prefillCpuMillis processor time up to the first token
   * @param tokenMillis wall time of each further token, mean; NaN if there was none
   */
  record Measured(PrefillSummary summary, double prefillCpuMillis, double tokenMillis) {

    double prefillMillis() {
      return summary.total().toNanos() / 1e6;
    }
  }

  /**
   * Runs one generation alone.
   *
   * @param tokens at most so many are generated, at least 1
   */
  Measured measure(Prompt prompt, PrefillPlan plan, int tokens) throws Exception {
    GenerationClock clock = new GenerationClock();
    double cpu = ProcessUsage.cpuMillis();
    try (Generation generation = start(prompt, plan, tokens, clock)) {
      generation.decode(1);
      clock.awaitTokens(1);
      PrefillSummary summary = clock.awaitPrefill();
      double prefillCpu = ProcessUsage.cpuMillis() - cpu;
      if (tokens == 1) {
        return new Measured(summary, prefillCpu, Double.NaN);
      }
      long begin = System.nanoTime();
      generation.decode(tokens - 1);
      int further = clock.awaitTokens(tokens) - 1;
      double millis = (System.nanoTime() - begin) / 1e6;
      return new Measured(summary, prefillCpu, further == 0 ? Double.NaN : millis / further);
    }
  }

  /**
   * Tokens per second when the first 1, 2, 4 ... of these generations decode together. Prefills are
   * outside the clock.
   *
   * @param widths ascending
   * @param tokens for each width
   */
  Map<Integer, Double> tokensPerSecond(Prompt prompt, List<Integer> widths, int tokens)
      throws Exception {
    int most = widths.get(widths.size() - 1);
    List<GenerationClock> clocks = new ArrayList<>();
    List<Generation> generations = new ArrayList<>();
    Map<Integer, Double> rates = new LinkedHashMap<>();
    try {
      for (int i = 0; i < most; i++) {
        GenerationClock clock = new GenerationClock();
        Generation generation =
            start(prompt, PrefillPlan.keepAll(), 1 + tokens * widths.size(), clock);
        generations.add(generation);
        clocks.add(clock);
        generation.decode(1);
        clock.awaitTokens(1);
      }
      int[] have = new int[most];
      Arrays.fill(have, 1);
      for (int width : widths) {
        long begin = System.nanoTime();
        generations.subList(0, width).forEach(generation -> generation.decode(tokens));
        int came = 0;
        for (int i = 0; i < width; i++) {
          int now = clocks.get(i).awaitTokens(have[i] + tokens);
          came += now - have[i];
          have[i] = now;
        }
        rates.put(width, came / ((System.nanoTime() - begin) / 1e9));
      }
    } finally {
      generations.forEach(Generation::close);
    }
    return rates;
  }

  /** Wall time until so many generations that begin together have all ended, in milliseconds. */
  double millisToAnswer(Prompt prompt, PrefillPlan plan, int generations, int tokens)
      throws Exception {
    List<GenerationClock> clocks = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < generations; i++) {
      GenerationClock clock = new GenerationClock();
      clocks.add(clock);
      start(prompt, plan, tokens, clock).decode(tokens);
    }
    for (GenerationClock clock : clocks) {
      clock.awaitTokens(tokens);
    }
    return (System.nanoTime() - begin) / 1e6;
  }

  private Generation start(Prompt prompt, PrefillPlan plan, int tokens, GenerationClock clock) {
    return decoder.start(new GenerationRequest(prompt, plan, sampling, tokens), clock);
  }
}
