package io.winnow.modelkit;

import static java.util.stream.Collectors.toSet;

import io.winnow.modelkit.DecoderSegmentGraph.Range;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.GatesManifest;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.PromptManifest;
import io.winnow.v1.SegmentManifest;
import io.winnow.v1.VisionManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/** LLaVA: a vision tower, a projector of two layers, and a decoder. */
final class LlavaFamily implements AutoCloseable {

  private static final int MANIFEST_VERSION = 1;

  private final ExportRequest request;
  private final ExportProgress progress;
  private final CheckpointConfig config;
  private final Safetensors tensors;
  private final Safetensors towerTensors;
  private final Optional<GateWeights> gates;
  private long bytesTaken;
  private final boolean dropping;

  LlavaFamily(ExportRequest request, ExportProgress progress) {
    this(request, progress, true);
  }

  /**
   * @param dropping false leaves the dropping step out: graphs to compare with
   */
  LlavaFamily(ExportRequest request, ExportProgress progress, boolean dropping) {
    this.request = request;
    this.progress = progress;
    this.dropping = dropping;
    this.config = CheckpointConfig.read(request.checkpoint());
    this.tensors = Safetensors.open(request.checkpoint());
    try {
      this.towerTensors = VisionWeights.open(tensors, config);
      this.gates = GateWeights.open(request.checkpoint(), config.text().layers());
    } catch (ExportException e) {
      tensors.close();
      throw e;
    }
  }

  @Override
  public void close() {
    tensors.close();
    towerTensors.close();
    gates.ifPresent(GateWeights::close);
  }

  /**
   * Writes the model's folders.
   *
   * @param root an empty folder that stands for the repository
   * @return what the manifest says, but for the checkpoint's fingerprint
   */
  ModelManifest.Builder write(Path root) throws IOException {
    String visionFolder = request.name() + "-vision";
    String decoderFolder = request.name() + "-decoder";
    Files.createDirectories(root.resolve(visionFolder).resolve("1"));
    Files.createDirectories(root.resolve(decoderFolder).resolve("1"));
    // First what is done in no time: an export that has to fail should not take minutes to do so.
    PromptManifest prompt =
        new PromptConfig(request.checkpoint())
            .write(root.resolve(decoderFolder), decoderFolder, config.imageTokenId());
    rehearse();
    countBytes();
    ModelManifest.Builder manifest =
        ModelManifest.newBuilder()
            .setFormatVersion(MANIFEST_VERSION)
            .setName(request.name())
            .setFamily("llava")
            .setVision(vision(root, visionFolder))
            .setDecoder(decoder(root, decoderFolder))
            .setPrompt(prompt);
    if (!gatedLayers().isEmpty()) {
      manifest.setGates(gates(root, request.name() + "-gates"));
    }
    return manifest;
  }

  /** Builds every graph without its weights, and so finds out what is missing or misshapen. */
  private void rehearse() throws IOException {
    VisionWeights visionWeights = new VisionWeights(towerTensors, tensors, config);
    new VisionGraph(rehearsal("vision"), config, visionWeights).build();
    DecoderWeights weights = new DecoderWeights(tensors, config);
    for (Range range : ranges()) {
      OnnxGraphBuilder graph = rehearsal("decoder");
      new DecoderSegmentGraph(graph, config.text(), weights, range, dropping).build();
    }
    if (!gatedLayers().isEmpty()) {
      gatesGraph(rehearsal("gates")).build();
      gates.orElseThrow().requireFinite(gatedLayers(), statusWidth());
      gates.orElseThrow().requireTrainedWith(request.checkpoint());
    }
  }

  private static OnnxGraphBuilder rehearsal(String name) {
    return new OnnxGraphBuilder(name, ParameterStore.NONE, Precision.FP32);
  }

  private void countBytes() {
    long total = tensors.bytes() + (towerTensors == tensors ? 0 : towerTensors.bytes());
    LongConsumer taken =
        bytes -> {
          bytesTaken += bytes;
          progress.onWeights(bytesTaken, total);
        };
    tensors.onTaken(taken);
    towerTensors.onTaken(taken);
  }

  private VisionManifest vision(Path root, String folder) throws IOException {
    TowerShape vision = config.vision();
    VisionManifest manifest =
        VisionManifest.newBuilder()
            .setGraph(folder + "/1/model.onnx")
            .setImageHeight(vision.imageSize())
            .setImageWidth(vision.imageSize())
            .setGridRows(vision.grid())
            .setGridColumns(vision.grid())
            .setPreprocessing(PreprocessingConfig.read(config.pictures(), vision.imageSize()))
            .build();
    progress.onGraph(manifest.getGraph(), 0, ranges().size() + 1);
    VisionWeights weights = new VisionWeights(towerTensors, tensors, config);
    writeGraph(
        root.resolve(manifest.getGraph()),
        request.precision().tower(),
        g -> new VisionGraph(g, config, weights).build());
    TritonBackend backend = request.tritonBackend();
    Files.writeString(
        root.resolve(folder).resolve("config.pbtxt"),
        TritonConfig.vision(folder, backend, manifest, config.text().hiddenSize()));
    TritonPrograms.writeStateless(backend, root.resolve(folder).resolve("1"));
    return manifest;
  }

  private DecoderManifest decoder(Path root, String folder) throws IOException {
    DecoderWeights weights = new DecoderWeights(tensors, config);
    List<SegmentManifest> segments = new ArrayList<>();
    for (Range range : ranges()) {
      String graph = folder + "/1/segment-" + segments.size() + ".onnx";
      progress.onGraph(graph, segments.size() + 1, ranges().size() + 1);
      writeGraph(
          root.resolve(graph),
          request.precision(),
          g -> new DecoderSegmentGraph(g, config.text(), weights, range, dropping).build());
      segments.add(
          SegmentManifest.newBuilder()
              .setGraph(graph)
              .setFirstLayer(range.first())
              .setLayerCount(range.count())
              .build());
    }
    DecoderManifest manifest = shape(config.text()).addAllSegments(segments).build();
    Files.writeString(
        root.resolve(folder).resolve("config.pbtxt"),
        TritonConfig.decoder(folder, manifest, request.precision()));
    TritonPrograms.writeDecoder(root.resolve(folder).resolve("1"));
    return manifest;
  }

  /** fp32 at every precision: they are small beside the model, and one verdict decides all. */
  private GatesManifest gates(Path root, String folder) throws IOException {
    Files.createDirectories(root.resolve(folder).resolve("1"));
    String graph = folder + "/1/model.onnx";
    writeGraph(root.resolve(graph), Precision.FP32, g -> gatesGraph(g).build());
    TritonBackend backend = request.tritonBackend();
    Files.writeString(
        root.resolve(folder).resolve("config.pbtxt"),
        TritonConfig.gates(folder, backend, statusWidth()));
    TritonPrograms.writeStateless(backend, root.resolve(folder).resolve("1"));
    GateWeights weights = gates.orElseThrow();
    return GatesManifest.newBuilder()
        .setGraph(graph)
        .addAllLayers(gatedLayers())
        .setHiddenSize(weights.hiddenSize())
        .setLabelRule(weights.labelRule())
        .setTraining(weights.training())
        .setWeightsSha256(weights.weightsSha256().orElse(""))
        .build();
  }

  private GatesGraph gatesGraph(OnnxGraphBuilder g) {
    return new GatesGraph(g, gates.orElseThrow(), gatedLayers(), statusWidth());
  }

  /** The segments' last layers that the checkpoint has a gate for. */
  private List<Integer> gatedLayers() {
    Set<Integer> ends =
        ranges().stream().map(range -> range.first() + range.count() - 1).collect(toSet());
    return gates.map(GateWeights::layers).orElse(List.of()).stream()
        .filter(ends::contains)
        .toList();
  }

  private int statusWidth() {
    return 2 * config.text().hiddenSize();
  }

  private DecoderManifest.Builder shape(DecoderShape text) {
    return DecoderManifest.newBuilder()
        .setLayers(text.layers())
        .setHiddenSize(text.hiddenSize())
        .setIntermediateSize(text.intermediateSize())
        .setHeads(text.heads())
        .setKvHeads(text.kvHeads())
        .setHeadDim(text.headDim())
        .setVocabularySize(text.vocabularySize())
        .setContextLength(text.contextLength())
        .setCandidates(Math.min(DecoderSegmentGraph.MAX_CANDIDATES, text.vocabularySize()))
        .setWeights(request.weights());
  }

  /** Cuts the layers into segments that differ by one layer at most, the longer ones first. */
  private List<Range> ranges() {
    int layers = config.text().layers();
    int segments = Math.min(request.segments(), layers);
    List<Range> ranges = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < segments; i++) {
      int count = layers / segments + (i < layers % segments ? 1 : 0);
      ranges.add(new Range(first, count));
      first += count;
    }
    return ranges;
  }

  private static void writeGraph(Path file, Precision precision, GraphWriter writer)
      throws IOException {
    try (ExternalData data = new ExternalData(ExternalData.beside(file))) {
      OnnxGraphBuilder graph = new OnnxGraphBuilder(file.getFileName().toString(), data, precision);
      writer.write(graph);
      graph.write(file);
    }
  }

  private interface GraphWriter {
    void write(OnnxGraphBuilder graph) throws IOException;
  }
}
