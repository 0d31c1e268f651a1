package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.SegmentManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExporterTest {

  private static final ExportProgress SILENT = (file, done, total) -> {};

  @TempDir Path folder;
  private Path checkpoint;
  private Path repository;

  @BeforeEach
  void writeCheckpoint() throws IOException {
    checkpoint = RandomCheckpoint.write(folder.resolve("checkpoint"), RandomCheckpoint.Shape.SMALL);
    repository = folder.resolve("new/repository");
  }

  @Test
  void describesTheModelInItsManifest() throws Exception {
    Exporter.export(request(2), SILENT);
    ModelManifest manifest = manifest();
    assertThat(manifest.getFormatVersion()).isEqualTo(1);
    assertThat(manifest.getFamily()).isEqualTo("llava");
    assertThat(manifest.getVision().getGridRows()).isEqualTo(4);
    assertThat(manifest.getDecoder().getKvHeads()).isEqualTo(2);
    assertThat(manifest.getDecoder().getCandidates()).isEqualTo(50);
    assertThat(manifest.getDecoder().getSegmentsList())
        .extracting(SegmentManifest::getFirstLayer, SegmentManifest::getLayerCount)
        .containsExactly(tuple(0, 2), tuple(2, 1));
    assertThat(manifest.getPrompt().getImageToken()).isEqualTo("<image>");
    assertThat(manifest.getPrompt().getEosToken()).isEqualTo("</s>");
    assertThat(manifest.getPrompt().getEosTokenIdsList()).containsExactly(2, 5);
    assertThat(repository.resolve(manifest.getPrompt().getChatTemplate())).hasContent("x");
    assertThat(repository.resolve(manifest.getPrompt().getTokenizer())).exists();
    assertThat(repository.resolve("small-vision/config.pbtxt"))
        .content()
        .contains(
            "name: \"small-vision\"",
            "backend: \"onnxruntime\"",
            "dims: [ 3, 16, 16 ]",
            "dims: [ 16, 64 ]");
    assertThat(repository.resolve("small-vision/1/model.py")).doesNotExist();
    assertThat(repository.resolve("small-decoder/config.pbtxt"))
        .content()
        .contains("name: \"small-decoder\"", "decoupled: true", "kind: KIND_CPU");
    assertThat(repository.resolve("small-decoder/1/model.py"))
        .content()
        .contains("class TritonPythonModel");
  }

  @Test
  void writesTheVisionTowerForServersWithoutTheOnnxRuntimeBackend() throws Exception {
    ExportRequest asked = request(2).withTritonBackend(TritonBackend.PYTHON);
    Exporter.export(asked, SILENT);

    assertThat(repository.resolve("small-vision/config.pbtxt"))
        .content()
        .contains("backend: \"python\"");
    assertThat(repository.resolve("small-vision/1/model.py")).exists();
    assertThat(Exporter.isUpToDate(asked)).isTrue();
    assertThat(Exporter.isUpToDate(request(2))).as("for another backend").isFalse();
  }

  @Test
  void makesNoMoreSegmentsThanLayers() throws Exception {
    Exporter.export(request(20), SILENT);
    assertThat(manifest().getDecoder().getSegmentsCount()).isEqualTo(3);
  }

  @Test
  void saysWhichGraphItWrites() throws Exception {
    List<String> steps = new ArrayList<>();
    Exporter.export(request(1), (file, done, total) -> steps.add(file + " " + done + "/" + total));
    assertThat(steps)
        .containsExactly("small-vision/1/model.onnx 0/2", "small-decoder/1/segment-0.onnx 1/2");
  }

  @Test
  void saysHowManyBytesOfTheWeightsItHasTaken() throws Exception {
    List<Long> taken = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Exporter.export(
        request(2),
        new ExportProgress() {
          @Override
          public void onGraph(String file, int done, int total) {}

          @Override
          public void onWeights(long bytesTaken, long bytesTotal) {
            taken.add(bytesTaken);
            totals.add(bytesTotal);
          }
        });
    assertThat(taken).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(30);
    // RandomCheckpoint has no tensor that an export leaves out.
    assertThat(totals).containsOnly(taken.get(taken.size() - 1));
  }

  @Test
  void isUpToDateUntilCheckpointOrRequestChange() throws Exception {
    assertThat(Exporter.isUpToDate(request(2))).isFalse();
    Exporter.export(request(2), SILENT);
    assertThat(Exporter.isUpToDate(request(2))).isTrue();
    assertThat(Exporter.isUpToDate(request(1))).isFalse();
    Path template = checkpoint.resolve("chat_template.jinja");
    Files.writeString(template, "changed");
    assertThat(Exporter.isUpToDate(request(2))).isFalse();
  }

  @Test
  void isNotUpToDateWhenAGraphIsMissing() throws Exception {
    Exporter.export(request(2), SILENT);
    Files.delete(repository.resolve("small-decoder/1/segment-1.onnx.data"));
    assertThat(Exporter.isUpToDate(request(2))).isFalse();
  }

  @Test
  void oneOfSeveralWritesWhatIsMissing() throws Exception {
    ExecutorService pods = Executors.newFixedThreadPool(4);
    try {
      List<Future<Boolean>> written = new ArrayList<>();
      for (int pod = 0; pod < 4; pod++) {
        written.add(pods.submit(() -> Exporter.exportIfChanged(request(2), SILENT)));
      }
      int writers = 0;
      for (Future<Boolean> pod : written) {
        writers += pod.get() ? 1 : 0;
      }
      assertThat(writers).isEqualTo(1);
    } finally {
      pods.shutdown();
    }
    assertThat(Exporter.isUpToDate(request(2))).isTrue();
    assertThat(Exporter.exportIfChanged(request(3), SILENT)).isTrue();
    assertThat(manifest().getDecoder().getSegmentsCount()).isEqualTo(3);
  }

  @Test
  void keepsTheOldModelWhenAnExportFails() throws Exception {
    Exporter.export(request(2), SILENT);
    Files.delete(checkpoint.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Exporter.export(request(3), SILENT))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("tokenizer.json");
    assertThat(manifest().getDecoder().getSegmentsCount()).isEqualTo(2);
    assertThat(folders()).containsExactlyInAnyOrder("small-vision", "small-decoder");
  }

  @Test
  void writesNoGraphWhenItsLastTensorIsMissing() throws Exception {
    RandomCheckpoint.editHeader(
        checkpoint.resolve("model.safetensors"),
        "language_model.model.norm.weight",
        "language_model.model.mron.weight");
    List<String> steps = new ArrayList<>();
    assertThatThrownBy(() -> Exporter.export(request(3), (file, done, total) -> steps.add(file)))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("no tensor language_model.model.norm.weight");
    assertThat(steps).isEmpty();
  }

  @Test
  void leavesNothingBehindWhenTheFirstExportFails() throws Exception {
    Files.delete(checkpoint.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Exporter.export(request(3), SILENT))
        .isInstanceOf(ExportException.class);
    assertThat(folders()).isEmpty();
  }

  @Test
  void removesWhatAKilledExportLeft() throws Exception {
    Path leftover = Files.createDirectories(repository.resolve(".small-export-1/fresh"));
    Files.writeString(leftover.resolve("half"), "x");
    Path other = Files.createDirectories(repository.resolve(".other-export-1"));
    Exporter.export(request(2), SILENT);
    assertThat(leftover).doesNotExist();
    assertThat(other).exists();
  }

  @Test
  void survivesConcurrentExportsOfOneModel() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> exports = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int segments = 1 + i % 3;
        exports.add(
            threads.submit(
                () -> {
                  Exporter.export(request(segments), SILENT);
                  return null;
                }));
      }
      for (Future<?> export : exports) {
        export.get();
      }
    } finally {
      threads.shutdown();
    }
    try (GraphRunner runner = GraphRunner.open(repository, "small")) {
      assertThat(runner.decoder().getSegmentsCount()).isBetween(1, 3);
    }
    assertThat(folders()).containsExactlyInAnyOrder("small-vision", "small-decoder");
  }

  @Test
  void refusesImpossibleRequests() {
    assertThatThrownBy(() -> request(0)).hasMessageContaining("segments is 0");
    assertThatThrownBy(() -> ExportRequest.of(checkpoint, repository, "../up"))
        .hasMessageContaining("../up");
    assertThatThrownBy(() -> new ExportRequest(checkpoint, repository, "a", 1, "int3"))
        .hasMessageContaining("int3");
  }

  private ExportRequest request(int segments) {
    return new ExportRequest(checkpoint, repository, "small", segments, "fp32");
  }

  private ModelManifest manifest() throws IOException {
    ModelManifest.Builder manifest = ModelManifest.newBuilder();
    JsonFormat.parser()
        .merge(Files.readString(repository.resolve("small-decoder/manifest.json")), manifest);
    return manifest.build();
  }

  private List<String> folders() throws IOException {
    try (Stream<Path> entries = Files.list(repository)) {
      return entries.filter(Files::isDirectory).map(path -> path.getFileName().toString()).toList();
    }
  }
}
