package io.winnow.pruner.grpc;

import io.winnow.v1.DataType;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Tensor;
import java.nio.ByteOrder;
import java.util.Optional;

/** Reads the tensor "saliency" of a layout. */
final class SaliencyTensor {

  private static final String NAME = "saliency";

  private SaliencyTensor() {}

  /**
   * One finite number per visual token; empty if the encoder sent none.
   *
   * @throws RefusedException if there is one that is not FP32 [token_count] or not finite
   */
  static Optional<float[]> read(EncodedLayout layout) throws RefusedException {
    for (NamedTensor tensor : layout.getTensorsList()) {
      if (tensor.getName().equals(NAME)) {
        return Optional.of(values(tensor.getTensor(), layout.getTokenCount()));
      }
    }
    return Optional.empty();
  }

  private static float[] values(Tensor tensor, int tokens) throws RefusedException {
    DecideMessages.require(
        tensor.getDataType() == DataType.DATA_TYPE_FP32
            && tensor.getShapeCount() == 1
            && tensor.getShape(0) == tokens
            && tensor.getData().size() == (long) tokens * Float.BYTES,
        "a picture's saliency is %s %s of %d bytes, must be FP32 [%d]"
            .formatted(
                tensor.getDataType(), tensor.getShapeList(), tensor.getData().size(), tokens));
    float[] values = new float[tokens];
    tensor
        .getData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    for (float value : values) {
      DecideMessages.require(
          Float.isFinite(value), "a picture's saliency holds " + value + ", which is not finite");
    }
    return values;
  }
}
