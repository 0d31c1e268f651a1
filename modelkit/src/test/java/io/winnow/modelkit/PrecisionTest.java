package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Exports of each precision of a small random model. Its widths are no multiples of the blocks, and
 * its calls drop tokens, so that everything a graph can do is done at each precision.
 */
class PrecisionTest {

  private static final RandomCheckpoint.Shape ODD =
      new RandomCheckpoint.Shape(3, 160, 200, 4, 2, 70);
  private static final int CAPACITY = 64;

  @TempDir Path folder;

  /** What is left is the rounding of activations to 8 bits. */
  @ParameterizedTest
  @CsvSource({"int8, 0.03", "int4, 0.04"})
  void computesWithTheMatricesThatItHolds(String weights, double bound) throws Exception {
    Path checkpoint = RandomCheckpoint.write(folder.resolve("original"), ODD);
    export(checkpoint, weights);
    Path dequantized = RandomCheckpoint.write(folder.resolve("dequantized"), ODD);
    overwrite(dequantized, DequantizedCheckpoint.read(folder.resolve(weights + "-decoder/1")));
    export(dequantized, "fp32");
    double difference = Difference.relative(logits(weights), logits("fp32"));
    System.out.printf("precision: %s against its own matrices %.1e%n", weights, difference);
    assertThat(difference).isLessThan(bound);
  }

  @ParameterizedTest
  @CsvSource({"int8, 255", "int4, 15"})
  void holdsMatricesCloseToTheOriginal(String weights, int steps) throws Exception {
    Path checkpoint = RandomCheckpoint.write(folder.resolve("original"), ODD);
    export(checkpoint, weights);
    Map<String, float[]> held = DequantizedCheckpoint.read(folder.resolve(weights + "-decoder/1"));
    assertThat(held).hasSize(3 * 7 + 2);
    try (Safetensors tensors = Safetensors.open(checkpoint)) {
      for (String name : held.keySet()) {
        boolean end = name.equals("lm_head") || name.equals("embed_tokens");
        assertClose(held.get(name), read(tensors, name), end ? 255 : steps);
      }
    }
  }

  private static void assertClose(float[] held, float[] original, int steps) {
    double error = 0;
    double norm = 0;
    for (int i = 0; i < original.length; i++) {
      error += Math.pow(held[i] - original[i], 2);
      norm += original[i] * original[i];
    }
    // Uniform numbers up to a, in steps of 2a / steps: the error is a step / sqrt(12), a / steps of
    // a / sqrt(3).
    assertThat(Math.sqrt(error / norm)).isLessThan(1.1 / steps);
  }

  /** Half precision is for CUDA; ONNX Runtime on a CPU computes it in fp32, node by node. */
  @Test
  void givesNearlyTheSameInHalfPrecision() throws Exception {
    Path checkpoint = RandomCheckpoint.write(folder.resolve("original"), ODD);
    export(checkpoint, "fp32");
    export(checkpoint, "fp16");
    double difference = Difference.relative(logits("fp16"), logits("fp32"));
    System.out.printf("precision: fp16 against fp32 %.1e%n", difference);
    assertThat(difference).isLessThan(5e-3);
  }

  /** No CPU kernels: the graph can be checked, not run. */
  @Test
  void writesAValidGraphInBrainFloats() throws Exception {
    Path checkpoint = RandomCheckpoint.write(folder.resolve("original"), ODD);
    export(checkpoint, "bf16");
    assertThatThrownBy(() -> GraphRunner.open(folder, "bf16"))
        .isInstanceOfSatisfying(
            OrtException.class,
            e ->
                assertThat(e.getCode())
                    .as(e.getMessage())
                    .isEqualTo(OrtException.OrtErrorCode.ORT_NOT_IMPLEMENTED));
  }

  @Test
  void namesThePrecisionsThatThereAre() {
    assertThatThrownBy(() -> new ExportRequest(folder, folder, "m", 1, "int2"))
        .hasMessage("weights is \"int2\", must be fp32, fp16, bf16, int8, int4");
  }

  private void export(Path checkpoint, String weights) throws IOException {
    Exporter.export(
        new ExportRequest(checkpoint, folder, weights, 2, weights), (file, done, total) -> {});
  }

  /** Logits of a pruned prefill with two pictures, and of the step after it. */
  private float[] logits(String name) throws Exception {
    try (GraphRunner runner = GraphRunner.open(folder, name);
        Cache cache = runner.cache(1, CAPACITY)) {
      Random random = new Random(11);
      Call prefill = Call.prefill(runner.decoder(), 0, random.longs(20, 6, 70).toArray());
      Arrays.fill(prefill.spans, 2, 10, 0);
      Arrays.fill(prefill.spans, 11, 17, 1);
      prefill.visualTokens = new float[14 * 160];
      for (int i = 0; i < prefill.visualTokens.length; i++) {
        prefill.visualTokens[i] = random.nextFloat() - 0.5f;
      }
      for (int i = 0; i < prefill.scores.length; i++) {
        prefill.scores[i] = random.nextFloat();
      }
      // Given scores: with others, tokens of nearly equal score change places.
      prefill.ranking = 2;
      prefill.keep = new long[][] {{8, 8}, {5, 4}, {3, 2}};
      prefill.observe = 1;
      prefill.logitRows = new long[] {0, 5, -1};
      float[] first = last(runner.run(prefill, cache));
      float[] second = last(runner.run(Call.decode(runner.decoder(), ends(), ends()), cache));
      float[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }
  }

  private static long[] ends() {
    return new long[] {20};
  }

  private static float[] last(List<Values> segments) {
    return segments.get(segments.size() - 1).floats("logits");
  }

  private static String tensor(String name) {
    return "language_model." + (name.equals("lm_head") ? "" : "model.") + name + ".weight";
  }

  private static float[] read(Safetensors tensors, String name) throws IOException {
    int out = 160;
    int in = 160;
    if (name.equals("lm_head") || name.equals("embed_tokens")) {
      out = 70;
    } else if (name.contains("gate_proj") || name.contains("up_proj")) {
      out = 200;
    } else if (name.contains("down_proj")) {
      in = 200;
    } else if (name.contains("k_proj") || name.contains("v_proj")) {
      out = 80;
    }
    float[] elements = new float[out * in];
    tensors.get(tensor(name), out, in).read(0, elements, elements.length);
    return elements;
  }

  private static void overwrite(Path checkpoint, Map<String, float[]> matrices) throws IOException {
    Path file = checkpoint.resolve("model.safetensors");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(length, 0);
      ByteBuffer header = ByteBuffer.allocate((int) length.getLong(0));
      channel.read(header, Long.BYTES);
      JsonNode entries =
          new ObjectMapper().readTree(new String(header.array(), StandardCharsets.UTF_8));
      for (Map.Entry<String, float[]> matrix : matrices.entrySet()) {
        JsonNode entry = entries.required(tensor(matrix.getKey()));
        ByteBuffer bytes =
            ByteBuffer.allocate(matrix.getValue().length * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(matrix.getValue());
        long offset = entry.required("data_offsets").get(0).asLong();
        channel.write(bytes, Long.BYTES + header.capacity() + offset);
      }
    }
  }
}
