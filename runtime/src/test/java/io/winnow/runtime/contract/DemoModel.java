package io.winnow.runtime.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.modelkit.TritonBackend;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;

/** The bundled model, exported once per JVM, with its pictures and goldens. */
public final class DemoModel {

  /** Visual tokens of a picture. */
  public static final int VISUAL_TOKENS = 576;

  /** Segments of the export, of two layers each. */
  public static final int SEGMENTS = 4;

  private static final Path REPOSITORY = Path.of("target", "demo-repository").toAbsolutePath();
  private static final long IMAGE_TOKEN = 4;
  private static final int HIDDEN = 128;
  private static final Map<String, FloatBuffer> VISUAL_TOKENS_BY_PICTURE =
      new ConcurrentHashMap<>();

  private DemoModel() {}

  /** The model as exported. */
  public static RepositoryModel model() {
    return Exported.MODEL;
  }

  /** The model exported for calibration: every layer is a segment of its own. */
  public static RepositoryModel layerwise() {
    return Layerwise.MODEL;
  }

  /** The model without an end-of-sequence token: answers run on to their limit. */
  public static RepositoryModel endless() {
    return endless(model());
  }

  /** A model without an end-of-sequence token. */
  public static RepositoryModel endless(RepositoryModel model) {
    return new RepositoryModel(
        model.root(),
        model.manifest().toBuilder()
            .setPrompt(model.manifest().getPrompt().toBuilder().clearEosTokenIds())
            .build());
  }

  /** A golden file: a list of cases. */
  public static JsonNode goldens(String file) {
    try {
      return new ObjectMapper().readTree(folder().resolve("goldens").resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The prompt of a golden: its image token stands once for all visual tokens. */
  public static Prompt prompt(JsonNode golden) {
    long[] ids =
        Arrays.stream(longs(golden.get("prompt_ids")))
            .flatMap(
                id -> LongStream.generate(() -> id).limit(id == IMAGE_TOKEN ? VISUAL_TOKENS : 1))
            .toArray();
    long[] spans = Arrays.stream(ids).map(id -> id == IMAGE_TOKEN ? 0 : -1).toArray();
    return new Prompt(
        ids,
        spans,
        LongStream.range(0, ids.length).toArray(),
        golden.get("picture").isNull() ? floats(0) : visualTokens(golden.get("picture").asText()),
        ids.length);
  }

  /**
   * The prompt of a golden of gates.json: each image token stands for the first visual tokens of
   * the next of its pictures, so many as the golden says.
   */
  public static Prompt promptOfParts(JsonNode golden) {
    List<Long> ids = new ArrayList<>();
    List<Long> spans = new ArrayList<>();
    FloatBuffer tokens = floats(DemoModel.VISUAL_TOKENS * HIDDEN * golden.get("pictures").size());
    int picture = 0;
    for (long id : longs(golden.get("prompt_ids"))) {
      if (id != IMAGE_TOKEN) {
        ids.add(id);
        spans.add(-1L);
        continue;
      }
      JsonNode part = golden.get("pictures").get(picture);
      int count = part.get("tokens").asInt();
      tokens.put(visualTokens(part.get("picture").asText()).slice(0, count * HIDDEN));
      ids.addAll(Collections.nCopies(count, id));
      spans.addAll(Collections.nCopies(count, (long) picture++));
    }
    return new Prompt(
        ids.stream().mapToLong(id -> id).toArray(),
        spans.stream().mapToLong(span -> span).toArray(),
        LongStream.range(0, ids.size()).toArray(),
        tokens.flip().slice(),
        ids.size());
  }

  /** A prompt of text only: the beginning of a conversation, then words that make no sense. */
  public static Prompt textPrompt(int tokens) {
    long[] ids = LongStream.range(0, tokens).map(row -> 10 + row * 31 % 180).toArray();
    ids[0] = 1;
    long[] spans = new long[tokens];
    Arrays.fill(spans, -1);
    return new Prompt(ids, spans, LongStream.range(0, tokens).toArray(), floats(0), tokens);
  }

  /** A bundled picture by its name, or one of another set as FOLDER/NAME. */
  private static Path file(String picture) {
    return picture.contains("/")
        ? folder().resolve(picture)
        : folder().resolve("pictures").resolve(picture);
  }

  /** Pixel values of a picture, which has the tower's size already. */
  public static FloatBuffer pixels(String picture) {
    try {
      BufferedImage image = ImageIO.read(file(picture).toFile());
      int plane = image.getWidth() * image.getHeight();
      FloatBuffer pixels = floats(3 * plane); // [3, height, width]
      for (int index = 0; index < plane; index++) {
        int rgb = image.getRGB(index % image.getWidth(), index / image.getWidth());
        for (int channel = 0; channel < 3; channel++) {
          int value = (rgb >> (16 - 8 * channel)) & 0xff;
          pixels.put(channel * plane + index, (value / 255f - 0.5f) / 0.5f);
        }
      }
      return pixels;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Numbers of a JSON list. */
  public static long[] longs(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  /** An empty direct buffer. */
  public static FloatBuffer floats(int size) {
    return ByteBuffer.allocateDirect(size * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static FloatBuffer visualTokens(String picture) {
    return VISUAL_TOKENS_BY_PICTURE.computeIfAbsent(
        picture,
        name -> {
          try (EncoderRuntime encoder =
              EmbeddedRuntimes.encoder(model(), EmbeddedSettings.defaults())) {
            return encoder.encode(pixels(name)).visualTokens();
          }
        });
  }

  private static Path folder() {
    return Path.of(System.getProperty("winnow.root"), "demo-model");
  }

  /** The model at another precision, exported for this call. */
  public static RepositoryModel at(String weights) {
    return export(REPOSITORY.resolveSibling("demo-" + weights), SEGMENTS, weights);
  }

  private static RepositoryModel export(Path repository, int segments, String weights) {
    try {
      Exporter.export(
          // The Triton of the tests has no ONNX Runtime backend; for the JVM it is all the same.
          new ExportRequest(folder().resolve("checkpoint"), repository, "demo", segments, weights)
              .withTritonBackend(TritonBackend.PYTHON),
          (file, done, total) -> {});
      return ModelRepository.open(repository).model("demo");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Holds the export, which only those need who ask for it. */
  private static final class Exported {
    static final RepositoryModel MODEL = export(REPOSITORY, SEGMENTS, "fp32");
  }

  /** Holds the other export. */
  private static final class Layerwise {
    static final RepositoryModel MODEL =
        export(REPOSITORY.resolveSibling("demo-layerwise"), 8, "fp32");
  }
}
