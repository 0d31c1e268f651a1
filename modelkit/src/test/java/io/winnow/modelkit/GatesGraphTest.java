package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.GatesManifest;
import io.winnow.v1.ModelManifest;
import java.io.RandomAccessFile;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit gates of a random checkpoint of three layers, from its folder to the graph's answers. */
class GatesGraphTest {

  private static final int STATUS = 128; // twice the checkpoint's width

  @TempDir Path folder;
  private Path checkpoint;
  private Path repository;
  private RandomGates gates;

  @BeforeEach
  void writeCheckpoint() throws Exception {
    checkpoint = RandomCheckpoint.write(folder.resolve("checkpoint"), RandomCheckpoint.Shape.SMALL);
    repository = folder.resolve("repository");
    gates = RandomGates.write(checkpoint, STATUS, List.of(0, 1));
  }

  @Test
  void takesTheGatesOfTheSegmentsEnds() throws Exception {
    export(2); // layers 0 and 1, then 2
    GatesManifest manifest = manifest().getGates();
    assertThat(manifest.getGraph()).isEqualTo("small-gates/1/model.onnx");
    assertThat(manifest.getLayersList()).containsExactly(1);
    assertThat(manifest.getHiddenSize()).isEqualTo(5);
    assertThat(manifest.getLabelRule()).isEqualTo("code");
    assertThat(repository.resolve("small-gates/config.pbtxt"))
        .content()
        .contains("name: \"small-gates\"", "dims: [ 128 ]", "dims: [ 1 ]", "dims: [ 2 ]");

    export(3);
    assertThat(manifest().getGates().getLayersList()).containsExactly(0, 1);
  }

  @Test
  void writesNoGatesWhereThereIsNoEndToExitAt() throws Exception {
    export(2);
    export(1);
    assertThat(manifest().hasGates()).isFalse();
    assertThat(repository.resolve("small-gates")).doesNotExist();
  }

  @Test
  void isUpToDateUntilTheGatesChange() throws Exception {
    export(2);
    assertThat(Exporter.isUpToDate(request(2))).isTrue();
    Files.delete(repository.resolve("small-gates/1/model.onnx"));
    assertThat(Exporter.isUpToDate(request(2))).isFalse();
    export(2);
    RandomGates.write(checkpoint, STATUS, List.of(1));
    assertThat(Exporter.isUpToDate(request(2))).isFalse();
  }

  @Test
  void answersEachRowByTheGateOfItsLayer() throws Exception {
    export(3);
    Random random = new Random(3);
    long[] layers = {1, 0, 2, 1};
    float[] statuses = new float[layers.length * STATUS];
    for (int i = 0; i < statuses.length; i++) {
      statuses[i] = (float) random.nextGaussian();
    }

    float[] logits = run(statuses, layers);

    for (int row = 0; row < layers.length; row++) {
      float[] status = Arrays.copyOfRange(statuses, row * STATUS, (row + 1) * STATUS);
      float[] expected = layers[row] == 2 ? new float[2] : gates.logits((int) layers[row], status);
      float[] actual = Arrays.copyOfRange(logits, row * 2, row * 2 + 2);
      assertThat(Difference.relative(actual, expected)).as("row " + row).isLessThan(1e-5);
    }
  }

  @Test
  void refusesGatesThatDoNotFitTheDecoder() throws Exception {
    RandomGates.write(checkpoint, STATUS, List.of(0, 2));
    assertRefused("exit_gates/config.json: layers is [0,2], supported: ascending layers from 0");
    RandomGates.write(checkpoint, STATUS, List.of(1, 0));
    assertRefused("exit_gates/config.json: layers is [1,0]");
    RandomGates.write(checkpoint, STATUS + 2, List.of(0, 1));
    assertRefused("layers.0.first.weight has shape [5, 130]");
    Files.delete(checkpoint.resolve("exit_gates/model.safetensors"));
    assertRefused("exit_gates: the checkpoint has no model.safetensors");
  }

  @Test
  void takesGatesThatWereTrainedWithTheCheckpointsWeights() throws Exception {
    String sha256 = sha256(checkpoint.resolve("model.safetensors"));
    RandomGates.write(checkpoint, STATUS, List.of(0, 1), sha256);
    export(3);

    assertThat(manifest().getGates().getWeightsSha256()).isEqualTo(sha256);
  }

  @Test
  void refusesGatesThatWereTrainedWithOtherWeights() throws Exception {
    String sha256 = sha256(checkpoint.resolve("model.safetensors"));
    RandomGates.write(checkpoint, STATUS, List.of(0, 1), sha256);
    RandomCheckpoint.write(checkpoint, RandomCheckpoint.Shape.SMALL); // the same
    export(3);
    try (RandomAccessFile weights =
        new RandomAccessFile(checkpoint.resolve("model.safetensors").toFile(), "rw")) {
      weights.seek(weights.length() - 1); // fine-tuned, a little
      int last = weights.read();
      weights.seek(weights.length() - 1);
      weights.write(last ^ 1);
    }

    assertRefused("exit_gates were trained with other weights than the checkpoint's");
    assertRefused(sha256);
    assertRefused("demo-model/gates/train.py");
  }

  @Test
  void theBundledGatesSayWhatTheyWereTrainedWith() throws Exception {
    JsonFields config =
        JsonFields.read(DemoModel.ROOT.resolve("checkpoint/exit_gates/config.json"));

    assertThat(config.text("weights_sha256"))
        .isEqualTo(sha256(DemoModel.ROOT.resolve("checkpoint/model.safetensors")));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void refusesGatesThatAreNotFinite(float broken) throws Exception {
    try (RandomAccessFile weights =
        new RandomAccessFile(checkpoint.resolve("exit_gates/model.safetensors").toFile(), "rw")) {
      weights.seek(weights.length() - Float.BYTES);
      weights.writeInt(Integer.reverseBytes(Float.floatToIntBits(broken)));
    }

    assertRefused("exit_gates: layers.1.second.weight holds " + broken + " at place 9");
  }

  private static String sha256(Path file) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return HexFormat.of().formatHex(digest);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> export(3))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining(message);
  }

  private float[] run(float[] statuses, long[] layers) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = GraphRunner.session(repository.resolve("small-gates/1/model.onnx"));
        OnnxTensor status =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(statuses), new long[] {layers.length, STATUS});
        OnnxTensor layer =
            OnnxTensor.createTensor(
                environment, LongBuffer.wrap(layers), new long[] {layers.length, 1});
        OrtSession.Result result = session.run(Map.of("text_status", status, "layer", layer))) {
      float[] logits = new float[layers.length * 2];
      ((OnnxTensor) result.get("logits").orElseThrow()).getFloatBuffer().get(logits);
      return logits;
    }
  }

  private void export(int segments) throws Exception {
    Exporter.export(request(segments), (file, done, total) -> {});
  }

  private ExportRequest request(int segments) {
    return new ExportRequest(checkpoint, repository, "small", segments, "fp32");
  }

  private ModelManifest manifest() throws Exception {
    ModelManifest.Builder manifest = ModelManifest.newBuilder();
    JsonFormat.parser()
        .merge(Files.readString(repository.resolve("small-decoder/manifest.json")), manifest);
    return manifest.build();
  }
}
