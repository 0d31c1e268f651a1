package io.winnow.bench;

import static io.winnow.cli.results.MarkdownTable.decimals;

import io.winnow.cli.results.InterleavedTimes;
import io.winnow.cli.results.MarkdownTable;
import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.ModelManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What pruning gains on a model with random weights: prefill time against the share of the work
 * that remains, time of the tokens after it, and throughput of several answers at once. Ratios to
 * no pruning within interleaved rounds.
 */
final class PruningGain {

  private static final double FLOPS_RATIO = 0.45;
  private static final int TOKENS = 17;
  private static final List<Integer> CONCURRENCY = List.of(1, 2, 4, 8);

  private final RepositoryModel model;
  private final int rounds;
  private final Consumer<String> progress;

  PruningGain(RepositoryModel model, int rounds, Consumer<String> progress) {
    this.model = model;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Markdown tables. */
  String run() throws Exception {
    MarkdownTable prefill =
        new MarkdownTable(
            "visual tokens",
            "plan",
            "FLOPs ratio",
            "prefill CPU ratio",
            "CPU / FLOPs",
            "prefill wall ratio",
            "per token ratio");
    MarkdownTable throughput = new MarkdownTable("plan", "1", "2", "4", "8");
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, EmbeddedSettings.defaults())) {
      DecoderProbe probe = new DecoderProbe(decoder);
      for (int pictures : List.of(1, 5)) {
        Prompt prompt = SyntheticPrompt.of(model.manifest(), pictures, pictures);
        if (prompt.length() + TOKENS <= decoder.manifest().getContextLength()) {
          prefills(probe, prompt, prefill);
        }
      }
      throughputs(probe, throughput);
    }
    return prefill
        + "\nAnswers per second when so many begin together, ratio to no pruning (576 visual tokens,\n"
        + TOKENS
        + " tokens each):\n\n"
        + throughput;
  }

  private static Map<String, PrefillPlan> plans(ModelManifest manifest, int pictures) {
    DecoderManifest decoder = manifest.getDecoder();
    int tokens = manifest.getVision().getGridRows() * manifest.getVision().getGridColumns();
    KeepCounts counts = new KeepCounts(decoder.getLayers(), tokens, pictures);
    Map<String, PrefillPlan> plans = new LinkedHashMap<>();
    plans.put("none", PrefillPlan.keepAll());
    plans.put(
        "fitprune",
        counts.fitPrune(DecoderMacs.of(decoder), SyntheticPrompt.TEXT_TOKENS, FLOPS_RATIO));
    plans.put("vtw, half depth", counts.withdraw(decoder.getLayers() / 2));
    return plans;
  }

  private void prefills(DecoderProbe probe, Prompt prompt, MarkdownTable table) throws Exception {
    Map<String, PrefillPlan> plans = plans(model.manifest(), prompt.pictures());
    List<PrefillPlan> all = List.copyOf(plans.values());
    DecoderMacs macs = DecoderMacs.of(model.manifest().getDecoder());
    double[] shares = new double[all.size()];
    InterleavedTimes cpu = new InterleavedTimes();
    InterleavedTimes wall = new InterleavedTimes();
    InterleavedTimes token = new InterleavedTimes();
    for (int round = -1; round < rounds; round++) { // the first one warms up
      double[][] times = new double[3][all.size()];
      for (int step = 0; step < all.size(); step++) {
        int place = Math.floorMod(round + step, all.size());
        DecoderProbe.Measured measured = probe.measure(prompt, all.get(place), TOKENS);
        shares[place] = KeepCounts.share(macs, measured.summary().entered());
        times[0][place] = measured.prefillCpuMillis();
        times[1][place] = measured.prefillMillis();
        times[2][place] = measured.tokenMillis();
      }
      if (round >= 0) {
        cpu.add(times[0]);
        wall.add(times[1]);
        token.add(times[2]);
        progress.accept(
            "%d visual tokens, round %d of %d".formatted(prompt.visualRows(), round + 1, rounds));
      }
    }
    List<String> names = List.copyOf(plans.keySet());
    for (int place = 0; place < names.size(); place++) {
      table.row(
          prompt.visualRows(),
          names.get(place),
          decimals(3, shares[place]),
          decimals(3, cpu.medianRatio(place)),
          decimals(2, cpu.medianRatio(place) / shares[place]),
          decimals(3, wall.medianRatio(place)),
          decimals(2, token.medianRatio(place)));
    }
  }

  private void throughputs(DecoderProbe probe, MarkdownTable table) throws Exception {
    Map<String, PrefillPlan> plans = plans(model.manifest(), 1);
    List<PrefillPlan> all = List.copyOf(plans.values());
    Prompt prompt = SyntheticPrompt.of(model.manifest(), 1, 1);
    Map<Integer, InterleavedTimes> times = new LinkedHashMap<>();
    CONCURRENCY.forEach(width -> times.put(width, new InterleavedTimes()));
    int fewer = Math.max(1, rounds / 2); // a round takes as long as 45 prefills
    for (int round = 0; round < fewer; round++) {
      for (Map.Entry<Integer, InterleavedTimes> entry : times.entrySet()) {
        double[] millis = new double[all.size()];
        for (int step = 0; step < all.size(); step++) {
          int place = (round + step) % all.size();
          millis[place] = probe.millisToAnswer(prompt, all.get(place), entry.getKey(), TOKENS);
        }
        entry.getValue().add(millis);
      }
      progress.accept("throughput, round %d of %d".formatted(round + 1, fewer));
    }
    List<String> names = List.copyOf(plans.keySet());
    for (int place = 0; place < names.size(); place++) {
      int plan = place;
      List<String> rates =
          times.values().stream().map(each -> decimals(2, 1 / each.medianRatio(plan))).toList();
      table.row(names.get(place), rates.get(0), rates.get(1), rates.get(2), rates.get(3));
    }
  }
}
