package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A parameter of a graph as the graph's files hold it. */
interface Parameter {

  ElementType type();

  long[] shape();

  /** Writes all elements in row-major order. */
  void writeTo(Sink sink) throws IOException;

  /** Takes bytes. */
  interface Sink {

    /** Most bytes to ask room for at once. */
    int MAX_BYTES = 1 << 20;

    /** A little-endian buffer with room for this many bytes; what is put there is written. */
    ByteBuffer room(int bytes) throws IOException;
  }

  /** A weight in a floating-point type. */
  static Parameter of(Weight weight, ElementType type) {
    return new Parameter() {
      @Override
      public ElementType type() {
        return type;
      }

      @Override
      public long[] shape() {
        return weight.shape();
      }

      @Override
      public void writeTo(Sink sink) throws IOException {
        weight.writeTo((values, count) -> put(sink, type, values, count));
      }
    };
  }

  private static void put(Sink sink, ElementType type, float[] values, int count)
      throws IOException {
    int most = Sink.MAX_BYTES / type.bytes();
    for (int first = 0; first < count; first += most) {
      int end = Math.min(count, first + most);
      ByteBuffer room = sink.room((end - first) * type.bytes());
      switch (type) {
        case FLOAT -> {
          for (int i = first; i < end; i++) {
            room.putFloat(values[i]);
          }
        }
        case FLOAT16 -> {
          for (int i = first; i < end; i++) {
            room.putShort(Float16.fromFloat(values[i]));
          }
        }
        case BFLOAT16 -> {
          for (int i = first; i < end; i++) {
            room.putShort(bfloat16(values[i]));
          }
        }
        default -> throw new IllegalArgumentException("weights cannot be of type " + type);
      }
    }
  }

  /** The nearest bfloat16, ties to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
