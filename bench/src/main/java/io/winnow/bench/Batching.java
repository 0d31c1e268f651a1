package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.Sampling;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What continuous batching gains: tokens per second of 1, 2, 4 and 8 generations stepped together,
 * as ratios to one, from interleaved rounds. Prefills are outside the clock.
 */
final class Batching {

  private static final List<Integer> WIDTHS = List.of(1, 2, 4, 8);
  private static final int TOKENS = 64;
  private static final long DEADLINE_SECONDS = 300;

  private final Path root;
  private final Path models;
  private final int rounds;

  Batching(Path root, Path models, int rounds) {
    this.root = root;
    this.models = models;
    this.rounds = rounds;
  }

  /** A Markdown table. */
  String run() throws Exception {
    ModelRepository repository = ModelRepository.open(models);
    TreeMap<Integer, List<Double>> ratios = new TreeMap<>();
    try (DirectPath direct = new DirectPath(repository.model(repository.models().get(0)))) {
      byte[] picture = Files.readAllBytes(root.resolve("demo-model/pictures/ex07.png"));
      Prompt prompt = direct.prompt(picture, "describe the picture");
      for (int round = -1; round < rounds; round++) { // the first one warms up
        double alone = 0;
        for (int width : WIDTHS) {
          double rate = tokensPerSecond(direct.decoder(), prompt, width);
          alone = width == 1 ? rate : alone;
          if (round >= 0) {
            ratios.computeIfAbsent(width, w -> new ArrayList<>()).add(rate / alone);
          }
        }
      }
    }
    return table(ratios);
  }

  /** All generations answer the same question, so they end at the same step. */
  static double tokensPerSecond(DecoderRuntime decoder, Prompt prompt, int width) throws Exception {
    List<TokenCounter> counters = new ArrayList<>();
    List<Generation> generations = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      TokenCounter counter = new TokenCounter();
      counters.add(counter);
      generations.add(
          decoder.start(
              new GenerationRequest(prompt, PrefillPlan.keepAll(), Sampling.greedy(), TOKENS),
              counter));
    }
    for (int i = 0; i < width; i++) {
      generations.get(i).decode(1);
      counters.get(i).firstToken().get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }
    long begin = System.nanoTime();
    generations.forEach(generation -> generation.decode(TOKENS));
    int tokens = 0;
    for (TokenCounter counter : counters) {
      tokens += counter.end().get(DEADLINE_SECONDS, TimeUnit.SECONDS) - 1;
    }
    return tokens / ((System.nanoTime() - begin) / 1e9);
  }

  private static String table(TreeMap<Integer, List<Double>> ratios) {
    StringBuilder table =
        new StringBuilder("| generations | tokens per second, ratio to one |\n|---|---|\n");
    ratios.forEach(
        (width, values) -> {
          List<Double> sorted = values.stream().sorted().toList();
          double median = sorted.get(sorted.size() / 2);
          table.append(String.format(Locale.ROOT, "| %d | %.2f |%n", width, median));
        });
    return table.toString();
  }
}
