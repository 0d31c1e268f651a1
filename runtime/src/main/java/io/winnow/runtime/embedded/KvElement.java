package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxJavaType;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.RepositoryModel;
import io.winnow.v1.DecoderManifest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Type of the numbers in a model's KV caches: what its graphs compute in. */
enum KvElement {
  FLOAT(OnnxJavaType.FLOAT),
  FLOAT16(OnnxJavaType.FLOAT16);

  private static final Logger LOG = System.getLogger(KvElement.class.getName());

  private final OnnxJavaType type;

  KvElement(OnnxJavaType type) {
    this.type = type;
  }

  static KvElement of(DecoderManifest manifest) {
    return manifest.getWeights().equals("fp16") ? FLOAT16 : FLOAT;
  }

  /**
   * Says what this runtime, which has no GPU, makes of a model for CUDA.
   *
   * @throws ModelRepositoryException if it cannot run it
   */
  static void check(RepositoryModel model) {
    String remedy = "export it with --weights int8, int4 or fp32 for this machine";
    switch (model.manifest().getDecoder().getWeights()) {
      case "bf16" ->
          throw new ModelRepositoryException(
              "model \"%s\" has bf16 weights, which ONNX Runtime computes with on CUDA only: %s"
                  .formatted(model.name(), remedy));
      case "fp16" ->
          LOG.log(
              Level.WARNING,
              "model \"{0}\" has fp16 weights, which are for CUDA and slower than fp32 on a CPU: {1}",
              model.name(),
              remedy);
      default -> {}
    }
  }

  OnnxJavaType type() {
    return type;
  }

  int bytes() {
    return type.size;
  }
}
