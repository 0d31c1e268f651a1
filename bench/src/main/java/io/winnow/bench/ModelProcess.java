package io.winnow.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.results.Quantiles;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.v1.VisionManifest;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Measures one half of one model in a process of its own, since only that has a peak memory of its
 * own. Prints one JSON object.
 */
final class ModelProcess {

  static final List<Integer> WIDTHS = List.of(1, 2, 4, 8);

  private static final int REPEATS = 3;
  private static final int TOKENS = 33;
  private static final int TOKENS_TOGETHER = 16;
  private static final int MANY_PICTURES = 5;

  private ModelProcess() {}

  /** Which half of a model. */
  enum Half {
    ENCODER,
    DECODER
  }

  /** Starts such a process and waits for what it measures. */
  static ObjectNode run(RepositoryModel model, Half half) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:MaxDirectMemorySize=3g",
                "-cp",
                System.getProperty("java.class.path"),
                ModelProcess.class.getName(),
                model.root().toString(),
                model.name(),
                half.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return (ObjectNode) new ObjectMapper().readTree(out);
    } catch (IOException | ClassCastException e) {
      throw new IOException("measuring " + model.name() + " failed: " + out.strip(), e);
    }
  }

  /**
   * Entry of the process.
   *
   * @param args repository, model, half
   */
  public static void main(String... args) throws Exception {
    RepositoryModel model = ModelRepository.open(Path.of(args[0])).model(args[1]);
    ObjectNode found = new ObjectMapper().createObjectNode();
    switch (Half.valueOf(args[2])) {
      case ENCODER -> encoder(model, found);
      case DECODER -> decoder(model, found);
    }
    System.out.println(found);
  }

  private static void encoder(RepositoryModel model, ObjectNode found) throws IOException {
    VisionManifest vision = model.manifest().getVision();
    int values = 3 * vision.getImageHeight() * vision.getImageWidth();
    FloatBuffer pixels = SyntheticPrompt.normal(values, new Random(1));
    try (EncoderRuntime encoder = EmbeddedRuntimes.encoder(model, EmbeddedSettings.defaults())) {
      encoder.encode(pixels);
      double[] millis = new double[REPEATS];
      for (int i = 0; i < REPEATS; i++) {
        long begin = System.nanoTime();
        encoder.encode(pixels);
        millis[i] = (System.nanoTime() - begin) / 1e6;
      }
      found.put("encode_ms", Quantiles.median(millis));
      found.put("peak_mib", ProcessUsage.peakMebibytes());
    }
  }

  private static void decoder(RepositoryModel model, ObjectNode found) throws Exception {
    try (DecoderRuntime decoder = EmbeddedRuntimes.decoder(model, EmbeddedSettings.defaults())) {
      Prompt prompt = SyntheticPrompt.of(model.manifest(), 1, 1);
      int most = 1 + TOKENS_TOGETHER * WIDTHS.size();
      DecoderProbe probe = DecoderProbe.talkative(decoder, prompt, most); // and warms up
      double[] prefill = new double[REPEATS];
      double[] token = new double[REPEATS];
      for (int i = 0; i < REPEATS; i++) {
        DecoderProbe.Measured measured = probe.measure(prompt, PrefillPlan.keepAll(), TOKENS);
        prefill[i] = measured.prefillMillis();
        token[i] = measured.tokenMillis();
      }
      found.put("prefill_rate", prompt.length() / Quantiles.median(prefill) * 1e3);
      found.put("token_ms", Quantiles.median(token));
      probe
          .tokensPerSecond(prompt, WIDTHS, TOKENS_TOGETHER)
          .forEach((width, rate) -> found.put("rate_" + width, rate));
      found.put("peak_mib", ProcessUsage.peakMebibytes());
      Prompt large = SyntheticPrompt.of(model.manifest(), MANY_PICTURES, 1);
      if (large.length() < decoder.manifest().getContextLength()) {
        DecoderProbe.Measured measured = probe.measure(large, PrefillPlan.keepAll(), 1);
        found.put("prefill_rate_many", large.length() / measured.prefillMillis() * 1e3);
        found.put("peak_mib_many", ProcessUsage.peakMebibytes());
      }
    }
  }
}
