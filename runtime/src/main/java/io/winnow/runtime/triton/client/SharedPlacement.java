package io.winnow.runtime.triton.client;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request whose tensors lie in one borrowed region: inputs first, then room for outputs. */
final class SharedPlacement {

  private static final int ALIGNMENT = 64;

  private final RegionPool.Borrowed borrowed;
  private final InferRequest request;

  private SharedPlacement(RegionPool.Borrowed borrowed, InferRequest request) {
    this.borrowed = borrowed;
    this.request = request;
  }

  /** Places a request's inputs and bounded outputs; null where that is not possible or no gain. */
  static @Nullable SharedPlacement of(InferRequest request, RegionPool pool, Duration patience) {
    long bytes = 0;
    for (InputData input : request.inputs().values()) {
      bytes += input instanceof Tensor tensor ? aligned(tensor.byteSize()) : 0;
    }
    for (RequestedOutput output : request.outputs()) {
      bytes += isBounded(output) ? aligned(output.sizeLimit()) : 0;
    }
    RegionPool.Borrowed borrowed = pool.borrow(bytes, patience);
    return borrowed == null
        ? null
        : new SharedPlacement(borrowed, placed(request, borrowed.region()));
  }

  private static InferRequest placed(InferRequest request, SharedRegion region) {
    InferRequest.Builder placed = InferRequest.to(request.model());
    placed.version(request.version()).id(request.id()).parameters(request.parameters());
    long offset = 0;
    for (Map.Entry<String, InputData> input : request.inputs().entrySet()) {
      if (input.getValue() instanceof Tensor tensor) {
        region.memory().position((int) offset).put(tensor.data());
        placed.input(
            input.getKey(),
            region.tensor(tensor.type(), offset, tensor.byteSize(), tensor.shape()));
        offset += aligned(tensor.byteSize());
      } else {
        placed.input(input.getKey(), input.getValue());
      }
    }
    for (RequestedOutput output : request.outputs()) {
      if (isBounded(output)) {
        SharedTensor place = region.tensor(TensorType.UINT8, offset, output.sizeLimit());
        placed.output(new RequestedOutput(output.name(), output.sizeLimit(), place, 0));
        offset += aligned(output.sizeLimit());
      } else {
        placed.output(output);
      }
    }
    return placed.build();
  }

  InferRequest request() {
    return request;
  }

  RegionPool.Borrowed borrowed() {
    return borrowed;
  }

  /** The response with what lies in the region copied out of it. */
  InferResponse copiedOut(InferResponse response) {
    return response.withOutputs(this::copiedOut);
  }

  private InputData copiedOut(InputData output) {
    if (!(output instanceof SharedTensor place)
        || !place.region().equals(borrowed.region().name())) {
      return output;
    }
    ByteBuffer there = borrowed.region().memory();
    there.position(Math.toIntExact(place.offset()));
    there.limit(Math.toIntExact(place.offset() + place.byteSize()));
    long elements = Tensor.elements(place.shape());
    int length =
        place.type() == TensorType.BYTES
            ? TensorCoding.byteStringsLength(there.duplicate().order(there.order()), elements)
            : Math.toIntExact(elements * place.type().elementBytes());
    ByteBuffer copy = TensorCoding.room(length);
    copy.put(there.limit(there.position() + length)).flip();
    return Tensor.of(place.type(), copy, place.shape());
  }

  private static boolean isBounded(RequestedOutput output) {
    return output.sizeLimit() > 0 && output.place() == null && output.classes() == 0;
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
