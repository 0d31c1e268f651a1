package io.winnow.runtime.triton.client;

import java.util.List;
import java.util.Objects;

/**
 * A tensor whose data lies in a region of shared memory that is registered at the server.
 *
 * @param type element type
 * @param sizes shape, outermost first
 * @param region name under which the region is registered
 * @param offset where the data begins in the region, bytes
 * @param byteSize length of the data, bytes
 */
public record SharedTensor(
    TensorType type, List<Long> sizes, String region, long offset, long byteSize)
    implements InputData {

  public SharedTensor {
    Objects.requireNonNull(type);
    sizes = List.copyOf(sizes);
    if (region.isEmpty() || offset < 0 || byteSize < 0) {
      throw new IllegalArgumentException(
          "no place in shared memory: " + region + " +" + offset + ", " + byteSize + " bytes");
    }
  }

  @Override
  public long[] shape() {
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }
}
