package io.winnow.pruner.grpc;

import io.winnow.v1.DataType;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Observation;
import io.winnow.v1.Tensor;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;

/** Reads the tensor "text_status" of an observation. */
final class TextStatusTensor {

  private static final String NAME = "text_status";

  private TextStatusTensor() {}

  /**
   * The text status, all finite: a half that overflowed would let a gate say anything.
   *
   * @return mean of the text rows, then the last row // [2 * hidden]
   * @throws RefusedException if there is none, or it is not FP16 [2, hidden] or not finite
   */
  static float[] read(Observation observation) throws RefusedException {
    for (NamedTensor tensor : observation.getTensorsList()) {
      if (tensor.getName().equals(NAME)) {
        return values(tensor.getTensor(), observation.getSegment());
      }
    }
    throw refusal("the observation of segment %d has no tensor %s", observation.getSegment(), NAME);
  }

  private static float[] values(Tensor tensor, int segment) throws RefusedException {
    if (tensor.getDataType() != DataType.DATA_TYPE_FP16
        || tensor.getShapeCount() != 2
        || tensor.getShape(0) != 2
        || tensor.getShape(1) < 1
        || tensor.getData().size() != 2 * Short.BYTES * tensor.getShape(1)) {
      throw refusal(
          "text_status of segment %d is %s %s of %d bytes, must be FP16 [2, hidden]",
          segment, tensor.getDataType(), tensor.getShapeList(), tensor.getData().size());
    }
    ShortBuffer halves =
        tensor.getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    float[] values = new float[halves.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = HalfFloat.toFloat(halves.get(i));
      if (!Float.isFinite(values[i])) {
        throw refusal("text_status of segment %d holds %s", segment, values[i]);
      }
    }
    return values;
  }

  private static RefusedException refusal(String message, Object... values) {
    return DecideMessages.violation(message.formatted(values));
  }
}
