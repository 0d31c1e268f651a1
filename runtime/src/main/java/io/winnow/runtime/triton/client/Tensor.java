package io.winnow.runtime.triton.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A dense tensor: type, shape and row-major little-endian bytes. The factories copy what they are
 * given, except {@link #of}. Immutable as far as the buffer behind it is; thread-safe.
 */
public final class Tensor implements InputData {

  private final TensorType type;
  private final long[] shape;
  private final ByteBuffer data;

  private Tensor(TensorType type, ByteBuffer data, long... shape) {
    this.type = Objects.requireNonNull(type);
    this.shape = shape.clone();
    this.data = data;
    long elements = elements(shape);
    if (type != TensorType.BYTES && data.remaining() != elements * type.elementBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "%s of shape %s needs %d bytes, there are %d",
              type, Arrays.toString(shape), elements * type.elementBytes(), data.remaining()));
    }
  }

  /**
   * A tensor over bytes that are there already; nothing is copied.
   *
   * @param littleEndian from its position to its limit, in the layout of raw contents; must not be
   *     changed while the tensor is in use
   * @param shape sizes, outermost first; none is a scalar
   * @throws IllegalArgumentException if size and shape do not fit each other
   */
  public static Tensor of(TensorType type, ByteBuffer littleEndian, long... shape) {
    return new Tensor(type, littleEndian.slice().order(ByteOrder.LITTLE_ENDIAN), shape);
  }

  /** FP32. */
  public static Tensor fp32(float[] values, long... shape) {
    return floats(TensorType.FP32, values, shape);
  }

  /** INT32. */
  public static Tensor int32(int[] values, long... shape) {
    return ints(TensorType.INT32, values, shape);
  }

  /** INT64. */
  public static Tensor int64(long[] values, long... shape) {
    return longs(TensorType.INT64, values, shape);
  }

  /** FP32, FP16 or BF16, rounded to nearest, ties to even. */
  public static Tensor floats(TensorType type, float[] values, long... shape) {
    return new Tensor(type, TensorCoding.ofFloats(type, values), shape);
  }

  /** FP64. */
  public static Tensor doubles(double[] values, long... shape) {
    ByteBuffer room = TensorCoding.room((long) values.length * Double.BYTES);
    room.asDoubleBuffer().put(values);
    return new Tensor(TensorType.FP64, room, shape);
  }

  /**
   * INT8, INT16, INT32, UINT8 or UINT16.
   *
   * @throws IllegalArgumentException if a value is out of the type's range
   */
  public static Tensor ints(TensorType type, int[] values, long... shape) {
    return new Tensor(type, TensorCoding.ofInts(type, values), shape);
  }

  /**
   * INT64, UINT32, or UINT64 as the same 64 bits.
   *
   * @throws IllegalArgumentException if a value is out of the type's range
   */
  public static Tensor longs(TensorType type, long[] values, long... shape) {
    return new Tensor(type, TensorCoding.ofLongs(type, values), shape);
  }

  /** BOOL. */
  public static Tensor bools(boolean[] values, long... shape) {
    ByteBuffer room = TensorCoding.room(values.length);
    for (int i = 0; i < values.length; i++) {
      room.put(i, (byte) (values[i] ? 1 : 0));
    }
    return new Tensor(TensorType.BOOL, room, shape);
  }

  /** BYTES. */
  public static Tensor bytes(List<byte[]> values, long... shape) {
    requireElements(values.size(), shape);
    return new Tensor(TensorType.BYTES, TensorCoding.ofByteStrings(values), shape);
  }

  /** BYTES, each string in UTF-8. */
  public static Tensor strings(List<String> values, long... shape) {
    return bytes(TensorCoding.utf8(values), shape);
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Number of elements: the product of the shape, 1 for a scalar. */
  public long elementCount() {
    return elements(shape);
  }

  /** Length of {@link #data()}, bytes. */
  public int byteSize() {
    return data.remaining();
  }

  /** The raw contents: a fresh read-only view, little-endian. */
  public ByteBuffer data() {
    return data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The same, not read-only: protobuf copies a buffer that hides its array. Do not write to it. */
  ByteBuffer sendable() {
    return data.duplicate();
  }

  /**
   * The elements of an FP32, FP16 or BF16 tensor.
   *
   * @throws IllegalStateException for other types
   */
  public float[] toFloats() {
    return TensorCoding.floats(this);
  }

  /**
   * The elements of an FP64, FP32, FP16 or BF16 tensor.
   *
   * @throws IllegalStateException for other types
   */
  public double[] toDoubles() {
    return TensorCoding.doubles(this);
  }

  /**
   * The elements of an INT8, INT16, INT32, UINT8 or UINT16 tensor.
   *
   * @throws IllegalStateException for other types
   */
  public int[] toInts() {
    return TensorCoding.ints(this);
  }

  /**
   * The elements of a tensor of whole numbers; those of UINT64 as the same 64 bits.
   *
   * @throws IllegalStateException for other types
   */
  public long[] toLongs() {
    return TensorCoding.longs(this);
  }

  /**
   * The elements of a BOOL tensor.
   *
   * @throws IllegalStateException for other types
   */
  public boolean[] toBools() {
    return TensorCoding.bools(this);
  }

  /**
   * The elements of a BYTES tensor.
   *
   * @throws IllegalStateException for other types
   * @throws IllegalArgumentException if the contents are not as many length-prefixed strings as the
   *     shape says
   */
  public List<byte[]> toByteStrings() {
    return TensorCoding.byteStrings(this);
  }

  /** The elements of a BYTES tensor, read as UTF-8; see {@link #toByteStrings()}. */
  public List<String> toStrings() {
    return TensorCoding.strings(toByteStrings());
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }

  /**
   * The product of the sizes.
   *
   * @throws IllegalArgumentException if one is negative or the product is beyond a long
   */
  static long elements(long... shape) {
    long product = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
      }
      product = Math.multiplyExact(product, size);
    }
    return product;
  }

  static void requireElements(int count, long... shape) {
    if (count != elements(shape)) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " does not hold " + count + " elements");
    }
  }
}
