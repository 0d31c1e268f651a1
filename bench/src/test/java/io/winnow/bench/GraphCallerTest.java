package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.runtime.DecoderMacs;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is timed must be the same work: the direct caller and the probes see the same tokens. */
class GraphCallerTest {

  private static final Path BUNDLED = Path.of("../demo-model/checkpoint");
  private static final RandomLlava.Shape SHAPE =
      new RandomLlava.Shape(
          4, 64, 96, 4, 2, 300, 1024, true, new RandomLlava.Tower(2, 32, 48, 2, 48, 8));
  private static final EmbeddedSettings SETTINGS =
      EmbeddedSettings.defaults().withIntraOpThreads(1);

  @TempDir private static Path folder;
  private static RepositoryModel model;

  @Test
  void aTalkativeProbeHasAsManyTokensAsItNeeds() throws Exception {
    Prompt prompt = SyntheticPrompt.of(model.manifest(), 1, 3);
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, SETTINGS)) {
      DecoderProbe probe = DecoderProbe.talkative(decoder, prompt, 40);

      assertThat(probe.measure(prompt, PrefillPlan.keepAll(), 40).tokenMillis()).isPositive();
    }
  }

  @BeforeAll
  static void export() throws Exception {
    Path checkpoint = folder.resolve("checkpoint");
    RandomLlava.write(checkpoint, BUNDLED, SHAPE, 7);
    Exporter.export(ExportRequest.of(checkpoint, folder, "random"), (file, done, total) -> {});
    model = ModelRepository.open(folder).model("random");
  }

  @Test
  void givesTheTokensThatTheRuntimeGives() throws Exception {
    Prompt prompt = SyntheticPrompt.of(model.manifest(), 2, 3);
    RecordedTokens recorded = new RecordedTokens();
    int count = 8;
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, SETTINGS);
        GraphCaller direct = new GraphCaller(model, 1, prompt.length() + count)) {
      long[] tokens = recorded.of(decoder, prompt, count);

      long token = direct.prefill(prompt);
      for (int i = 0; i < tokens.length; i++) {
        assertThat(token).isEqualTo(tokens[i]);
        token = direct.decode(token);
      }
      assertThat(direct.prefill(prompt)).as("a second prompt").isEqualTo(tokens[0]);
    }
  }

  @Test
  void probesMeasurePrunedAndUnprunedWork() throws Exception {
    Prompt prompt = SyntheticPrompt.of(model.manifest(), 2, 3);
    DecoderMacs macs = DecoderMacs.of(model.manifest().getDecoder());
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, SETTINGS)) {
      DecoderProbe probe = new DecoderProbe(decoder);

      DecoderProbe.Measured none = probe.measure(prompt, PrefillPlan.keepAll(), 3);
      DecoderProbe.Measured withdrawn =
          probe.measure(prompt, new KeepCounts(4, 36, 2).withdraw(2), 3);

      assertThat(KeepCounts.share(macs, none.summary().entered())).isEqualTo(1);
      assertThat(KeepCounts.share(macs, withdrawn.summary().entered())).isBetween(0.5, 0.8);
      assertThat(withdrawn.summary().visualEntered()).containsExactly(72, 72, 0, 0);
      assertThat(none.prefillMillis()).isPositive();
      // The system counts processor time in ticks that are longer than so small a prefill.
      assertThat(none.prefillCpuMillis()).isNotNegative();
      assertThat(probe.tokensPerSecond(prompt, List.of(1, 2), 2))
          .containsOnlyKeys(1, 2)
          .allSatisfy((width, rate) -> assertThat(rate).isPositive());
      assertThat(probe.millisToAnswer(prompt, PrefillPlan.keepAll(), 3, 2)).isPositive();
    }
  }
}
