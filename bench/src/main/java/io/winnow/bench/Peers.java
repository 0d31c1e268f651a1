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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The random model's decoder through other engines, interleaved with ours, with the same number of
 * threads and the nearest precision.
 */
final class Peers {

  private static final List<String> ENGINES =
      List.of("transformers", "openvino-genai", "llama-cpp");
  private static final List<String> WEIGHTS = List.of("fp32", "int8", "int4");
  private static final int FURTHER = 32;

  private final Path root;
  private final BenchModels models;
  private final Path python;
  private final int rounds;
  private final Consumer<String> progress;
  private final TreeMap<String, String> unavailable = new TreeMap<>();
  private final MarkdownTable table =
      new MarkdownTable(
          "weights", "engine", "prefill, its time to ours", "per token, its time to ours");

  Peers(Path root, BenchModels models, Path python, int rounds, Consumer<String> progress) {
    this.root = root;
    this.models = models;
    this.python = python;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** The Markdown table, and which engines could not take part and why. */
  String run() throws Exception {
    if (!Files.isExecutable(python)) {
      throw new IOException(
          "there is no Python for peers at %s; bench/peers/README.md says how to make it"
              .formatted(python));
    }
    for (String weights : WEIGHTS) {
      measure(weights);
    }
    StringBuilder text = new StringBuilder(models.description()).append("\n\n");
    text.append("Above 1, Winnow is faster.\n\n").append(table);
    unavailable.forEach(
        (peer, why) -> text.append("\nNot measured: %s: %s\n".formatted(peer, why)));
    return text.toString();
  }

  private void measure(String weights) throws Exception {
    List<PeerProcess> peers = new ArrayList<>();
    RepositoryModel model = models.random(weights);
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, EmbeddedSettings.defaults())) {
      for (String engine : ENGINES) {
        start(engine, weights, peers);
      }
      if (!peers.isEmpty()) {
        measure(weights, decoder, SyntheticPrompt.of(model.manifest(), 1, 1), peers);
      }
    } finally {
      for (PeerProcess peer : peers) {
        peer.close();
      }
    }
  }

  private void start(String engine, String weights, List<PeerProcess> started) throws IOException {
    Path work = Files.createDirectories(root.resolve(".winnow/bench/peers"));
    List<String> command =
        List.of(
            python.toString(),
            root.resolve("bench/peers/peer.py").toString(),
            "--engine",
            engine,
            "--weights",
            weights,
            "--threads",
            Integer.toString(EmbeddedSettings.defaults().intraOpThreads()),
            "--checkpoint",
            models.randomCheckpoint().toString(),
            "--work",
            work.toString());
    try {
      started.add(PeerProcess.start(command, work.resolve(engine + "-" + weights + ".log")));
    } catch (IOException e) {
      unavailable.put(engine + " at " + weights, String.valueOf(e.getMessage()));
      progress.accept("%s at %s: %s".formatted(engine, weights, e.getMessage()));
    }
  }

  private void measure(
      String weights, DecoderRuntime decoder, Prompt prompt, List<PeerProcess> peers)
      throws Exception {
    DecoderProbe probe = new DecoderProbe(decoder);
    InterleavedTimes prefill = new InterleavedTimes();
    InterleavedTimes token = new InterleavedTimes();
    for (int round = -1; round < rounds; round++) { // the first one warms up
      double[][] times = new double[2][1 + peers.size()]; // ours, then theirs
      for (int step = 0; step < times[0].length; step++) {
        int place = Math.floorMod(round + step, times[0].length);
        PeerProcess.Times measured =
            place == 0
                ? ours(probe, prompt)
                : peers.get(place - 1).measure(prompt.length(), FURTHER);
        times[0][place] = measured.prefillMillis();
        times[1][place] = measured.tokenMillis();
      }
      if (round >= 0) {
        prefill.add(times[0]);
        token.add(times[1]);
        progress.accept("%s, round %d of %d".formatted(weights, round + 1, rounds));
      }
    }
    for (int place = 1; place <= peers.size(); place++) {
      table.row(
          weights,
          peers.get(place - 1).version(),
          decimals(2, prefill.medianRatio(place)),
          decimals(2, token.medianRatio(place)));
    }
  }

  private static PeerProcess.Times ours(DecoderProbe probe, Prompt prompt) throws Exception {
    DecoderProbe.Measured measured = probe.measure(prompt, PrefillPlan.keepAll(), 1 + FURTHER);
    return new PeerProcess.Times(measured.prefillMillis(), measured.tokenMillis());
  }
}
