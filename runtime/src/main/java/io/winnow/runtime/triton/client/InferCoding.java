package io.winnow.runtime.triton.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.winnow.inference.InferParameter;
import io.winnow.inference.InferTensorContents;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferRequest.InferInputTensor;
import io.winnow.inference.ModelInferRequest.InferRequestedOutputTensor;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests and responses to and from the protocol's messages. */
final class InferCoding {

  private static final String REGION = "shared_memory_region";
  private static final String BYTE_SIZE = "shared_memory_byte_size";
  private static final String OFFSET = "shared_memory_offset";

  private InferCoding() {}

  /** The message of a request; its tensors' bytes are shared, not copied. */
  static ModelInferRequest encode(InferRequest request) {
    ModelInferRequest.Builder message =
        ModelInferRequest.newBuilder()
            .setModelName(request.model())
            .setModelVersion(request.version())
            .setId(request.id())
            .putAllParameters(request.parameters().asMap());
    for (Map.Entry<String, InputData> input : request.inputs().entrySet()) {
      InputData data = input.getValue();
      InferInputTensor.Builder tensor =
          InferInputTensor.newBuilder().setName(input.getKey()).setDatatype(data.type().name());
      for (long size : data.shape()) {
        tensor.addShape(size);
      }
      if (data instanceof Tensor here) {
        message.addRawInputContents(UnsafeByteOperations.unsafeWrap(here.sendable()));
      } else if (data instanceof SharedTensor place) {
        tensor.putAllParameters(placeParameters(place));
      }
      message.addInputs(tensor);
    }
    for (RequestedOutput output : request.outputs()) {
      message.addOutputs(encode(output));
    }
    return message.build();
  }

  private static InferRequestedOutputTensor encode(RequestedOutput output) {
    InferRequestedOutputTensor.Builder message =
        InferRequestedOutputTensor.newBuilder().setName(output.name());
    if (output.place() != null) {
      message.putAllParameters(placeParameters(output.place()));
    }
    if (output.classes() > 0) {
      message.putParameters("classification", number(output.classes()));
    }
    return message.build();
  }

  private static Map<String, InferParameter> placeParameters(SharedTensor place) {
    Map<String, InferParameter> parameters = new LinkedHashMap<>();
    parameters.put(REGION, InferParameter.newBuilder().setStringParam(place.region()).build());
    parameters.put(BYTE_SIZE, number(place.byteSize()));
    if (place.offset() > 0) {
      parameters.put(OFFSET, number(place.offset()));
    }
    return parameters;
  }

  private static InferParameter number(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  /**
   * The response of a message.
   *
   * @param asked the outputs that the request asked for: the server does not say which of them it
   *     wrote into shared memory
   * @throws IllegalArgumentException if it breaks the protocol: an unknown type, contents that do
   *     not fit the shape
   */
  static InferResponse decode(ModelInferResponse message, List<RequestedOutput> asked) {
    LinkedHashMap<String, InputData> outputs = new LinkedHashMap<>();
    for (int i = 0; i < message.getOutputsCount(); i++) {
      InferOutputTensor output = message.getOutputs(i);
      ByteString raw =
          i < message.getRawOutputContentsCount() ? message.getRawOutputContents(i) : null;
      SharedTensor place = place(output.getName(), asked);
      boolean written = raw == null || raw.isEmpty();
      outputs.put(
          output.getName(), place != null && written ? at(place, output) : decode(output, raw));
    }
    return new InferResponse(
        message.getModelName(),
        message.getModelVersion(),
        message.getId(),
        Parameters.of(message.getParametersMap()),
        outputs);
  }

  private static @Nullable SharedTensor place(String name, List<RequestedOutput> asked) {
    for (RequestedOutput output : asked) {
      if (output.name().equals(name)) {
        return output.place();
      }
    }
    return null;
  }

  private static SharedTensor at(SharedTensor place, InferOutputTensor output) {
    return new SharedTensor(
        TensorType.named(output.getDatatype()),
        output.getShapeList(),
        place.region(),
        place.offset(),
        place.byteSize());
  }

  private static Tensor decode(InferOutputTensor output, @Nullable ByteString raw) {
    TensorType type = TensorType.named(output.getDatatype());
    long[] shape = output.getShapeList().stream().mapToLong(Long::longValue).toArray();
    ByteBuffer data = raw == null ? typed(type, output.getContents()) : raw.asReadOnlyByteBuffer();
    return Tensor.of(type, data, shape);
  }

  /** Typed contents as raw ones. */
  private static ByteBuffer typed(TensorType type, InferTensorContents contents) {
    return switch (type) {
      case BOOL -> {
        ByteBuffer room = TensorCoding.room(contents.getBoolContentsCount());
        contents.getBoolContentsList().forEach(value -> room.put((byte) (value ? 1 : 0)));
        yield room.flip();
      }
      case INT8, INT16, INT32 -> TensorCoding.ofInts(type, ints(contents.getIntContentsList()));
      case UINT8, UINT16 -> TensorCoding.ofInts(type, ints(contents.getUintContentsList()));
      case UINT32 ->
          TensorCoding.ofLongs(
              type,
              contents.getUintContentsList().stream().mapToLong(Integer::toUnsignedLong).toArray());
      case INT64 -> TensorCoding.ofLongs(type, longs(contents.getInt64ContentsList()));
      case UINT64 -> TensorCoding.ofLongs(type, longs(contents.getUint64ContentsList()));
      case FP32 -> {
        ByteBuffer room = TensorCoding.room((long) contents.getFp32ContentsCount() * Float.BYTES);
        contents.getFp32ContentsList().forEach(room::putFloat);
        yield room.flip();
      }
      case FP64 -> {
        ByteBuffer room = TensorCoding.room((long) contents.getFp64ContentsCount() * Double.BYTES);
        contents.getFp64ContentsList().forEach(room::putDouble);
        yield room.flip();
      }
      case BYTES ->
          TensorCoding.ofByteStrings(
              contents.getBytesContentsList().stream().map(ByteString::toByteArray).toList());
      case FP16, BF16 ->
          throw new IllegalArgumentException("the protocol has no typed contents for " + type);
    };
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
