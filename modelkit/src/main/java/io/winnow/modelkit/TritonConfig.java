package io.winnow.modelkit;

import io.winnow.v1.VisionManifest;

/** The config.pbtxt files that NVIDIA Triton reads. */
final class TritonConfig {

  private TritonConfig() {}

  static String vision(String name, VisionManifest vision, int hiddenSize) {
    int tokens = vision.getGridRows() * vision.getGridColumns();
    return """
        name: "%s"
        backend: "onnxruntime"
        max_batch_size: 0
        input [
          { name: "pixel_values", data_type: TYPE_FP32, dims: [ -1, 3, %d, %d ] }
        ]
        output [
          { name: "visual_tokens", data_type: TYPE_FP32, dims: [ -1, %d, %d ] },
          { name: "saliency", data_type: TYPE_FP32, dims: [ -1, %d ] }
        ]
        """
        .formatted(
            name, vision.getImageHeight(), vision.getImageWidth(), tokens, hiddenSize, tokens);
  }
}
