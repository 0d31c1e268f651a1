package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.results.InterleavedTimes;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A decoder on a real Triton on loopback against the embedded one: the same graphs and threads, in
 * interleaved rounds. Times are the caller's: from the start of a generation to its first token,
 * and from there to its last.
 */
final class TritonSpeed {

  private static final int TOKENS = 33;
  private static final int TOGETHER = 8;

  private final Path root;
  private final Path logs;
  private final int rounds;
  private final Consumer<String> progress;
  private final MarkdownTable table =
      new MarkdownTable(
          "model",
          "first token, embedded",
          "first token, Triton",
          "ratio",
          "per token, embedded",
          "per token, Triton",
          "difference",
          TOGETHER + " to 1, embedded",
          TOGETHER + " to 1, Triton");

  TritonSpeed(Path root, Path logs, int rounds, Consumer<String> progress) {
    this.root = root;
    this.logs = logs;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Measures a model and adds its row. */
  void measure(RepositoryModel model) throws Exception {
    Files.createDirectories(logs);
    File log = logs.resolve("triton-" + model.name() + ".log").toFile();
    Prompt prompt = SyntheticPrompt.of(model.manifest(), 1, 1);
    try (DecoderRuntime embedded = EmbeddedRuntimes.decoder(model, EmbeddedSettings.defaults());
        TritonServer triton = TritonServer.start(root, model, log)) {
      Rounds measured = new Rounds();
      for (int round = -1; round < rounds; round++) { // the first one warms up
        double[][] times = round(round, List.of(embedded, triton.decoder()), prompt);
        if (round >= 0) {
          measured.add(times);
          progress.accept(
              "%s, round %d of %d: first %.1f and %.1f ms, token %.2f and %.2f ms"
                  .formatted(
                      model.name(),
                      round + 1,
                      rounds,
                      times[0][0],
                      times[0][1],
                      times[1][0],
                      times[1][1]));
        }
      }
      measured.addRow(model.name(), table);
    }
  }

  /** First token, further token and gain of company, of embedded and Triton // [3][2]. */
  private static double[][] round(int round, List<DecoderRuntime> both, Prompt prompt)
      throws Exception {
    double[][] times = new double[3][2];
    for (int step = 0; step < 2; step++) {
      int way = Math.floorMod(round + step, 2); // who is first changes
      DecoderRuntime decoder = both.get(way);
      Alone alone = alone(decoder, prompt);
      times[0][way] = alone.firstMillis();
      times[1][way] = alone.tokenMillis();
      times[2][way] =
          Batching.tokensPerSecond(decoder, prompt, TOGETHER)
              / Batching.tokensPerSecond(decoder, prompt, 1);
    }
    return times;
  }

  /** The Markdown table; times are milliseconds, medians. */
  String table() {
    return table
        + "\n"
        + """
        Medians of %d interleaved rounds, milliseconds; a prompt of %d tokens of text and one
        picture, then %d tokens. "Ratio" and "difference" are Triton to embedded, within a round;
        "%d to 1" is tokens per second of %d generations stepped together, to that of one.
        """
            .formatted(rounds, SyntheticPrompt.TEXT_TOKENS, TOKENS, TOGETHER, TOGETHER);
  }

  /**
   * One generation that nobody shares the decoder with.
   *
   * @param firstMillis from its start to its first token
   * @param tokenMillis each further token
   */
  private record Alone(double firstMillis, double tokenMillis) {}

  private static Alone alone(DecoderRuntime decoder, Prompt prompt) throws Exception {
    GenerationClock clock = new GenerationClock();
    GenerationRequest request =
        new GenerationRequest(prompt, PrefillPlan.keepAll(), Sampling.greedy(), TOKENS);
    long begin = System.nanoTime();
    try (Generation generation = decoder.start(request, clock)) {
      generation.decode(TOKENS);
      clock.awaitTokens(1);
      long first = System.nanoTime();
      int count = clock.awaitTokens(TOKENS);
      return new Alone(
          (first - begin) / 1e6, (System.nanoTime() - first) / 1e6 / Math.max(1, count - 1));
    }
  }

  /** All rounds of one model. */
  private static final class Rounds {
    private final InterleavedTimes first = new InterleavedTimes();
    private final PairedTimes token = new PairedTimes();
    private final InterleavedTimes gains = new InterleavedTimes();

    void add(double[][] times) {
      first.add(times[0]);
      token.add(times[1][0], times[1][1]);
      gains.add(times[2]);
    }

    void addRow(String model, MarkdownTable table) {
      table.row(
          model,
          decimals(1, first.medianMillis(0)),
          decimals(1, first.medianMillis(1)),
          decimals(3, first.medianRatio(1)),
          decimals(2, token.firstQuantile(0.5)),
          decimals(2, token.secondQuantile(0.5)),
          decimals(2, token.differenceQuantile(0.5)),
          decimals(2, gains.medianMillis(0)),
          decimals(2, gains.medianMillis(1)));
    }
  }
}
