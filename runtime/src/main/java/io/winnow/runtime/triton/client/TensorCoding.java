package io.winnow.runtime.triton.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Elements to raw contents and back: little-endian, BYTES with a four-byte length. */
final class TensorCoding {

  private TensorCoding() {}

  static ByteBuffer room(long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(bytes + " bytes are more than a message can hold");
    }
    return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static ByteBuffer ofFloats(TensorType type, float[] values) {
    ByteBuffer room = room((long) values.length * type.elementBytes());
    switch (type) {
      case FP32 -> room.asFloatBuffer().put(values);
      case FP16 -> {
        for (int i = 0; i < values.length; i++) {
          room.putShort(i * Short.BYTES, HalfFloats.toFp16(values[i]));
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          room.putShort(i * Short.BYTES, HalfFloats.toBf16(values[i]));
        }
      }
      default -> throw new IllegalArgumentException(type + " does not hold floats");
    }
    return room;
  }

  static ByteBuffer ofInts(TensorType type, int[] values) {
    ByteBuffer room = room((long) values.length * type.elementBytes());
    switch (type) {
      case INT8 -> bytes(room, values, Byte.MIN_VALUE, Byte.MAX_VALUE);
      case UINT8 -> bytes(room, values, 0, 0xff);
      case INT16 -> shorts(room, values, Short.MIN_VALUE, Short.MAX_VALUE);
      case UINT16 -> shorts(room, values, 0, 0xffff);
      case INT32 -> room.asIntBuffer().put(values);
      default -> throw new IllegalArgumentException(type + " is not made from ints");
    }
    return room;
  }

  static ByteBuffer ofLongs(TensorType type, long[] values) {
    ByteBuffer room = room((long) values.length * type.elementBytes());
    switch (type) {
      case INT64, UINT64 -> room.asLongBuffer().put(values);
      case UINT32 -> {
        for (int i = 0; i < values.length; i++) {
          room.putInt(i * Integer.BYTES, (int) requireWithin(values[i], 0, 0xffff_ffffL));
        }
      }
      default -> throw new IllegalArgumentException(type + " is not made from longs");
    }
    return room;
  }

  static ByteBuffer ofByteStrings(List<byte[]> values) {
    long size = 0;
    for (byte[] value : values) {
      size += Integer.BYTES + value.length;
    }
    ByteBuffer room = room(size);
    for (byte[] value : values) {
      room.putInt(value.length).put(value);
    }
    return room.flip();
  }

  static float[] floats(Tensor tensor) {
    ByteBuffer data = tensor.data();
    float[] values = new float[count(tensor)];
    switch (tensor.type()) {
      case FP32 -> data.asFloatBuffer().get(values);
      case FP16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = HalfFloats.fromFp16(data.getShort(i * Short.BYTES));
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = HalfFloats.fromBf16(data.getShort(i * Short.BYTES));
        }
      }
      default -> throw wrongType(tensor, "floats");
    }
    return values;
  }

  static double[] doubles(Tensor tensor) {
    double[] values = new double[count(tensor)];
    if (tensor.type() == TensorType.FP64) {
      tensor.data().asDoubleBuffer().get(values);
      return values;
    }
    float[] floats = floats(tensor);
    for (int i = 0; i < values.length; i++) {
      values[i] = floats[i];
    }
    return values;
  }

  static int[] ints(Tensor tensor) {
    if (tensor.type().elementBytes() > Integer.BYTES || tensor.type() == TensorType.UINT32) {
      throw wrongType(tensor, "ints");
    }
    long[] longs = longs(tensor);
    int[] values = new int[longs.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) longs[i];
    }
    return values;
  }

  static long[] longs(Tensor tensor) {
    if (!isWhole(tensor.type())) {
      throw wrongType(tensor, "whole numbers");
    }
    ByteBuffer data = tensor.data();
    long[] values = new long[count(tensor)];
    for (int i = 0; i < values.length; i++) {
      values[i] = whole(tensor.type(), data);
    }
    return values;
  }

  private static long whole(TensorType type, ByteBuffer data) {
    return switch (type) {
      case INT8 -> data.get();
      case UINT8 -> Byte.toUnsignedLong(data.get());
      case INT16 -> data.getShort();
      case UINT16 -> Short.toUnsignedLong(data.getShort());
      case INT32 -> data.getInt();
      case UINT32 -> Integer.toUnsignedLong(data.getInt());
      case INT64, UINT64 -> data.getLong();
      case BOOL, FP16, BF16, FP32, FP64, BYTES -> throw new IllegalArgumentException("" + type);
    };
  }

  static boolean[] bools(Tensor tensor) {
    if (tensor.type() != TensorType.BOOL) {
      throw wrongType(tensor, "truth values");
    }
    ByteBuffer data = tensor.data();
    boolean[] values = new boolean[count(tensor)];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.get(i) != 0;
    }
    return values;
  }

  static List<byte[]> byteStrings(Tensor tensor) {
    if (tensor.type() != TensorType.BYTES) {
      throw wrongType(tensor, "byte strings");
    }
    ByteBuffer data = tensor.data();
    List<byte[]> values = new ArrayList<>();
    while (data.remaining() >= Integer.BYTES) {
      int length = data.getInt();
      if (length < 0 || length > data.remaining()) {
        throw new IllegalArgumentException(
            "element " + values.size() + " of " + tensor + " is cut off: its length is " + length);
      }
      byte[] value = new byte[length];
      data.get(value);
      values.add(value);
    }
    if (data.hasRemaining() || values.size() != tensor.elementCount()) {
      throw new IllegalArgumentException(tensor + " holds " + values.size() + " elements");
    }
    return values;
  }

  /**
   * Length of so many length-prefixed strings, bytes.
   *
   * @throws IllegalArgumentException if there are fewer
   */
  static int byteStringsLength(ByteBuffer data, long elements) {
    int start = data.position();
    for (long i = 0; i < elements; i++) {
      int length = data.remaining() < Integer.BYTES ? -1 : data.getInt();
      if (length < 0 || length > data.remaining()) {
        throw new IllegalArgumentException("string " + i + " of " + elements + " is cut off");
      }
      data.position(data.position() + length);
    }
    return data.position() - start;
  }

  static List<byte[]> utf8(List<String> values) {
    return values.stream().map(value -> value.getBytes(StandardCharsets.UTF_8)).toList();
  }

  static List<String> strings(List<byte[]> values) {
    return values.stream().map(value -> new String(value, StandardCharsets.UTF_8)).toList();
  }

  private static boolean isWhole(TensorType type) {
    return switch (type) {
      case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> true;
      case BOOL, FP16, BF16, FP32, FP64, BYTES -> false;
    };
  }

  private static void bytes(ByteBuffer room, int[] values, int min, int max) {
    for (int i = 0; i < values.length; i++) {
      room.put(i, (byte) requireWithin(values[i], min, max));
    }
  }

  private static void shorts(ByteBuffer room, int[] values, int min, int max) {
    for (int i = 0; i < values.length; i++) {
      room.putShort(i * Short.BYTES, (short) requireWithin(values[i], min, max));
    }
  }

  private static long requireWithin(long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(value + " is not within " + min + " and " + max);
    }
    return value;
  }

  private static int count(Tensor tensor) {
    return Math.toIntExact(tensor.elementCount());
  }

  private static IllegalStateException wrongType(Tensor tensor, String wanted) {
    return new IllegalStateException(tensor + " does not hold " + wanted);
  }
}
