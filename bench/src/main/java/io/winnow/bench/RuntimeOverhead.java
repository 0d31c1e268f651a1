package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.results.InterleavedTimes;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.util.function.Consumer;

/**
 * What the runtime adds to its graphs: prefill and decode through it against ONNX Runtime called
 * directly, in interleaved rounds with the same threads.
 */
final class RuntimeOverhead {

  private static final int TOKENS = 33;

  private final int rounds;
  private final Consumer<String> progress;
  private final MarkdownTable table =
      new MarkdownTable(
          "model", "tokens", "prefill, ratio to direct", "per token, ratio to direct");

  RuntimeOverhead(int rounds, Consumer<String> progress) {
    this.rounds = rounds;
    this.progress = progress;
  }

  /**
   * Measures a model and adds its row.
   *
   * @param prompt one that the model answers with several tokens
   */
  void measure(RepositoryModel model, Prompt prompt) throws Exception {
    EmbeddedSettings settings = EmbeddedSettings.defaults();
    InterleavedTimes prefill = new InterleavedTimes();
    InterleavedTimes token = new InterleavedTimes();
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, settings);
        GraphCaller direct =
            new GraphCaller(model, settings.intraOpThreads(), prompt.length() + TOKENS)) {
      DecoderProbe probe = new DecoderProbe(decoder);
      for (int round = -1; round < rounds; round++) { // the first one warms up
        double[][] times = new double[2][2]; // prefill and token, of direct and runtime
        for (int step = 0; step < 2; step++) {
          if (Math.floorMod(round + step, 2) == 0) {
            direct(direct, prompt, times);
          } else {
            DecoderProbe.Measured measured = probe.measure(prompt, PrefillPlan.keepAll(), TOKENS);
            times[0][1] = measured.prefillMillis();
            times[1][1] = measured.tokenMillis();
          }
        }
        if (round >= 0) {
          prefill.add(times[0]);
          token.add(times[1]);
          progress.accept("%s, round %d of %d".formatted(model.name(), round + 1, rounds));
        }
      }
    }
    table.row(
        model.name(),
        prompt.length(),
        decimals(3, prefill.medianRatio(1)),
        decimals(3, token.medianRatio(1)));
  }

  /** The Markdown table. */
  String table() {
    return table.toString();
  }

  private static void direct(GraphCaller direct, Prompt prompt, double[][] times) throws Exception {
    long begin = System.nanoTime();
    long token = direct.prefill(prompt);
    long prefilled = System.nanoTime();
    for (int i = 1; i < TOKENS; i++) {
      token = direct.decode(token);
    }
    times[0][0] = (prefilled - begin) / 1e6;
    times[1][0] = (System.nanoTime() - prefilled) / 1e6 / (TOKENS - 1);
  }
}
