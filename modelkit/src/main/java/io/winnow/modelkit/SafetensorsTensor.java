package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A tensor in an open file, read as fp32 whatever its type. Read, not mapped: pages of a mapping
 * count as this process's memory, and a checkpoint may be larger than that. Not thread-safe.
 */
final class SafetensorsTensor {

  private static final int BUFFER_BYTES = 1 << 18;

  private final FileChannel channel;
  private final String name;
  private final Type type;
  private final long[] shape;
  private final long start; // first byte in the file
  private final ByteBuffer buffer; // shared by the tensors of a checkpoint

  SafetensorsTensor(
      FileChannel channel, String name, Type type, long[] shape, long start, ByteBuffer buffer) {
    this.channel = channel;
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.start = start;
    this.buffer = buffer;
  }

  /** What tensors are read through. */
  static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  String name() {
    return name;
  }

  long[] shape() {
    return shape.clone();
  }

  long elements() {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    return elements;
  }

  /** Its size in the file. */
  long bytes() {
    return elements() * type.bytes();
  }

  /** Copies elements from the row-major place {@code first} on. */
  void read(long first, float[] target, int count) throws IOException {
    int most = BUFFER_BYTES / type.bytes();
    for (int done = 0; done < count; ) {
      int elements = Math.min(most, count - done);
      fill(start + (first + done) * type.bytes(), elements * type.bytes());
      type.decode(buffer, target, done, elements);
      done += elements;
    }
  }

  private void fill(long position, int bytes) throws IOException {
    buffer.clear().limit(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("tensor " + name + ": unexpected end of file");
      }
    }
    buffer.flip();
  }

  /** Element types that weights may have. */
  enum Type {
    F32,
    F16,
    BF16;

    /** The type that a file's header names so. */
    static Optional<Type> named(String name) {
      return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** All names, for messages. */
    static String names() {
      return Arrays.stream(values()).map(Type::name).collect(Collectors.joining(", "));
    }

    int bytes() {
      return this == F32 ? Float.BYTES : Short.BYTES;
    }

    private void decode(ByteBuffer bytes, float[] target, int first, int count) {
      switch (this) {
        case F32 -> bytes.asFloatBuffer().get(target, first, count);
        case F16 -> {
          for (int i = 0; i < count; i++) {
            target[first + i] = Float16.toFloat(bytes.getShort(i * Short.BYTES));
          }
        }
        case BF16 -> {
          for (int i = 0; i < count; i++) {
            target[first + i] = Float.intBitsToFloat(bytes.getShort(i * Short.BYTES) << 16);
          }
        }
      }
    }
  }
}
