package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;

/** The bundled model with its pictures and goldens; each export is made once and then shared. */
final class DemoModel {

  static final Path ROOT = Path.of(System.getProperty("winnow.root"), "demo-model");
  static final Path CHECKPOINT = ROOT.resolve("checkpoint");
  static final int VISUAL_TOKENS = 576;

  private static final int IMAGE_TOKEN = 4;
  private static final Map<Integer, GraphRunner> RUNNERS = new ConcurrentHashMap<>();
  private static final Map<String, Values> ENCODED = new ConcurrentHashMap<>();

  private DemoModel() {}

  /** The model in so many segments. */
  static GraphRunner runner(int segments) {
    return RUNNERS.computeIfAbsent(segments, DemoModel::open);
  }

  private static GraphRunner open(int segments) {
    try {
      Path repository = Files.createTempDirectory("winnow-demo");
      Exporter.export(
          new ExportRequest(CHECKPOINT, repository, "demo", segments, "fp32"), (f, d, t) -> {});
      return GraphRunner.open(repository, "demo");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode golden(String file) throws IOException {
    return new ObjectMapper().readTree(ROOT.resolve("goldens").resolve(file).toFile());
  }

  /** Visual tokens and saliency of a bundled picture. */
  static Values encode(String picture) {
    return ENCODED.computeIfAbsent(
        picture,
        name -> {
          try {
            return runner(4).encode(pixels(name));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** A bundled picture by its name, or one of another set as FOLDER/NAME. */
  private static Path file(String picture) {
    return picture.contains("/")
        ? ROOT.resolve(picture)
        : ROOT.resolve("pictures").resolve(picture);
  }

  /** The bundled pictures have the tower's size, so only rescaling and normalising is left. */
  private static float[] pixels(String picture) throws IOException {
    BufferedImage image = ImageIO.read(file(picture).toFile());
    int plane = image.getWidth() * image.getHeight();
    float[] pixels = new float[3 * plane]; // [3, height, width]
    for (int i = 0; i < plane; i++) {
      int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
      for (int channel = 0; channel < 3; channel++) {
        int value = rgb >> (16 - 8 * channel) & 0xff;
        pixels[channel * plane + i] = (value / 255f - 0.5f) / 0.5f;
      }
    }
    return pixels;
  }

  /**
   * The prefill of a golden's prompt: each image token becomes as many as there are visual ones.
   */
  static Call prefill(GraphRunner runner, JsonNode golden) {
    long[] ids = longs(golden.get("prompt_ids"));
    long[] expanded =
        Arrays.stream(ids)
            .flatMap(
                id ->
                    id == IMAGE_TOKEN
                        ? LongStream.generate(() -> id).limit(VISUAL_TOKENS)
                        : LongStream.of(id))
            .toArray();
    Call call = Call.prefill(runner.decoder(), 0, expanded);
    for (int i = 0; i < expanded.length; i++) {
      call.spans[i] = expanded[i] == IMAGE_TOKEN ? 0 : -1;
    }
    if (!golden.get("picture").isNull()) {
      call.visualTokens = encode(golden.get("picture").asText()).floats("visual_tokens");
    }
    return call;
  }

  static long[] longs(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) list.get(i).asDouble();
    }
    return values;
  }
}
