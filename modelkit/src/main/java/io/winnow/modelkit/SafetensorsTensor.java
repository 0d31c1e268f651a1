package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/** A tensor in a mapped file, read as fp32 whatever its type. */
final class SafetensorsTensor {

  // A mapping holds less than 2 GiB; a power of two is never in the middle of an element.
  private static final long WINDOW_BYTES = 1L << 30;

  private final String name;
  private final Type type;
  private final long[] shape;
  private final ByteBuffer[] windows;

  private SafetensorsTensor(String name, Type type, long[] shape, ByteBuffer[] windows) {
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.windows = windows;
  }

  static SafetensorsTensor map(
      FileChannel channel, String name, Type type, long[] shape, long start, long bytes)
      throws IOException {
    ByteBuffer[] windows = new ByteBuffer[(int) ((bytes + WINDOW_BYTES - 1) / WINDOW_BYTES)];
    for (int i = 0; i < windows.length; i++) {
      long offset = i * WINDOW_BYTES;
      long length = Math.min(WINDOW_BYTES, bytes - offset);
      windows[i] =
          channel.map(MapMode.READ_ONLY, start + offset, length).order(ByteOrder.LITTLE_ENDIAN);
    }
    return new SafetensorsTensor(name, type, shape, windows);
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

  /** Copies elements from the row-major place {@code first} on. */
  void read(long first, float[] target, int count) {
    for (int i = 0; i < count; i++) {
      long at = (first + i) * type.bytes();
      target[i] = type.get(windows[(int) (at / WINDOW_BYTES)], (int) (at % WINDOW_BYTES));
    }
  }

  /** Element types that weights may have. */
  enum Type {
    F32,
    F16,
    BF16;

    static Type of(String tensor, String name) {
      for (Type type : values()) {
        if (type.name().equals(name)) {
          return type;
        }
      }
      throw new ExportException(
          "tensor " + tensor + " has dtype " + name + ", supported: F32, F16, BF16");
    }

    int bytes() {
      return this == F32 ? Float.BYTES : Short.BYTES;
    }

    float get(ByteBuffer bytes, int at) {
      return switch (this) {
        case F32 -> bytes.getFloat(at);
        case F16 -> Float16.toFloat(bytes.getShort(at));
        case BF16 -> Float.intBitsToFloat(bytes.getShort(at) << 16);
      };
    }
  }
}
