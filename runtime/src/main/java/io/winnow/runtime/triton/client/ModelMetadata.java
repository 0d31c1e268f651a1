package io.winnow.runtime.triton.client;

import java.util.List;

/**
 * Inputs and outputs of a model.
 *
 * @param name model name
 * @param versions versions that are loaded
 * @param platform backend, for example "python" or "onnxruntime_onnx"
 * @param inputs inputs, required and optional
 * @param outputs outputs
 */
public record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<TensorMetadata> inputs,
    List<TensorMetadata> outputs) {

  public ModelMetadata {
    versions = List.copyOf(versions);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * One input or output.
   *
   * @param name tensor name
   * @param type element type
   * @param shape sizes, outermost first, with the batch dimension; -1 is any size
   */
  public record TensorMetadata(String name, TensorType type, List<Long> shape) {

    public TensorMetadata {
      shape = List.copyOf(shape);
    }
  }
}
