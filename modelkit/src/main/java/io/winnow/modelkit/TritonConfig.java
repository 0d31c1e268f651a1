package io.winnow.modelkit;

import io.winnow.v1.DecoderManifest;
import io.winnow.v1.VisionManifest;
import java.io.IOException;
import java.util.List;

/** The config.pbtxt files that NVIDIA Triton reads. */
final class TritonConfig {

  private TritonConfig() {}

  /**
   * An input or output of a graph that keeps no state.
   *
   * @param name as in the graph
   * @param type FP32, INT64 and so on
   * @param shape without the batch // 16, 64
   */
  record Tensor(String name, String type, String shape) {}

  /** The vision tower: pictures of several callers become one batch. */
  static String vision(String name, TritonBackend backend, VisionManifest vision, int hiddenSize) {
    int tokens = vision.getGridRows() * vision.getGridColumns();
    String pixels = "3, %d, %d".formatted(vision.getImageHeight(), vision.getImageWidth());
    return stateless(
        name,
        backend,
        8,
        List.of(new Tensor("pixel_values", "FP32", pixels)),
        List.of(
            new Tensor("visual_tokens", "FP32", tokens + ", " + hiddenSize),
            new Tensor("saliency", "FP32", Integer.toString(tokens))));
  }

  /** The gates; requests for different ones may be run together. */
  static String gates(String name, TritonBackend backend, int statusWidth) {
    return stateless(
        name,
        backend,
        32,
        List.of(
            new Tensor("text_status", "FP32", Integer.toString(statusWidth)),
            new Tensor("layer", "INT64", "1")),
        List.of(new Tensor("logits", "FP32", Integer.toString(GatesGraph.CLASSES))));
  }

  /**
   * A graph that keeps no state, {@code 1/model.onnx}. Requests that wait together are run
   * together.
   *
   * @param maxBatch most rows of one run
   */
  static String stateless(
      String name, TritonBackend backend, int maxBatch, List<Tensor> inputs, List<Tensor> outputs) {
    return """
        name: "%s"
        backend: "%s"
        max_batch_size: %d
        dynamic_batching { }
        input [
        %s
        ]
        output [
        %s
        ]
        """
        .formatted(name, backend.label(), maxBatch, tensors(inputs), tensors(outputs));
  }

  /** The decoder: see docs/triton.md for its verbs and these settings. */
  static String decoder(String name, DecoderManifest decoder, Precision precision)
      throws IOException {
    return TritonPrograms.decoderConfig()
        .replace("${name}", name)
        .replace("${hidden}", Integer.toString(decoder.getHiddenSize()))
        .replace("${layers}", Integer.toString(decoder.getLayers()))
        .replace("${kind}", precision.forCuda() ? "KIND_GPU" : "KIND_CPU");
  }

  private static String tensors(List<Tensor> tensors) {
    return String.join(
        ",\n",
        tensors.stream()
            .map(
                tensor ->
                    "  { name: \"%s\", data_type: TYPE_%s, dims: [ %s ] }"
                        .formatted(tensor.name(), tensor.type(), tensor.shape()))
            .toList());
  }
}
