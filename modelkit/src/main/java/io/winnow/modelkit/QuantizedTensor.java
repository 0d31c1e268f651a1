package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A matrix as blocks of unsigned integers around a middle that stands for zero, each block with a
 * scale. Reads the matrix once, some rows at a time; holds the scales of the whole matrix.
 */
final class QuantizedTensor {

  private static final int ROW_GROUP_ELEMENTS = 1 << 16;

  private final SafetensorsTensor tensor; // [rows, columns]
  private final BlockQuantizer quantizer;
  private final int rows;
  private final int columns;
  private final int blocks; // in a row; the last one may reach beyond it
  private final float[] scales; // [rows, blocks]
  private boolean scalesKnown;

  QuantizedTensor(SafetensorsTensor tensor, int bits, int block) {
    this.tensor = tensor;
    this.quantizer = new BlockQuantizer(bits, block);
    this.rows = Math.toIntExact(tensor.shape()[0]);
    this.columns = Math.toIntExact(tensor.shape()[1]);
    this.blocks = (columns + block - 1) / block;
    this.scales = new float[Math.multiplyExact(rows, blocks)];
  }

  /** The integers in whole blocks, as MatMulNBits takes them. [rows, blocks, bytes of a block] */
  Parameter blocks() {
    return integers(
        blocks * quantizer.blockBytes(), new long[] {rows, blocks, quantizer.blockBytes()});
  }

  /** The integers of each row and no more, as GatherBlockQuantized takes them. [rows, bytes] */
  Parameter rows() {
    int bytes = quantizer.bytes(columns);
    return integers(bytes, new long[] {rows, bytes});
  }

  /** The scales; to be written after the integers. [rows, blocks] */
  Parameter scales() {
    Weight weight =
        new Weight() {
          @Override
          public long[] shape() {
            return new long[] {rows, blocks};
          }

          @Override
          public void writeTo(Weight.Sink sink) throws IOException {
            if (!scalesKnown) {
              throw new IllegalStateException("the integers are to be written first");
            }
            sink.write(scales, scales.length);
          }
        };
    return Parameter.of(weight, ElementType.FLOAT);
  }

  private Parameter integers(int rowBytes, long[] shape) {
    return new Parameter() {
      @Override
      public ElementType type() {
        return ElementType.UINT8;
      }

      @Override
      public long[] shape() {
        return shape.clone();
      }

      @Override
      public void writeTo(Sink sink) throws IOException {
        write(sink, rowBytes);
        scalesKnown = true;
      }
    };
  }

  private void write(Parameter.Sink sink, int rowBytes) throws IOException {
    int padded = blocks * quantizer.block();
    int group = Math.max(1, ROW_GROUP_ELEMENTS / columns);
    float[] values = new float[Math.multiplyExact(group, columns)];
    float[] row = new float[padded];
    byte[] packed = new byte[blocks * quantizer.blockBytes()];
    for (int first = 0; first < rows; first += group) {
      int count = Math.min(group, rows - first);
      tensor.read((long) first * columns, values, count * columns);
      for (int i = 0; i < count; i++) {
        System.arraycopy(values, i * columns, row, 0, columns);
        Arrays.fill(row, columns, padded, 0);
        for (int block = 0; block < blocks; block++) {
          scales[(first + i) * blocks + block] = quantizer.quantize(row, block, packed);
        }
        put(sink, packed, rowBytes);
      }
    }
  }

  private static void put(Parameter.Sink sink, byte[] packed, int bytes) throws IOException {
    for (int at = 0; at < bytes; at += Parameter.Sink.MAX_BYTES) {
      int count = Math.min(Parameter.Sink.MAX_BYTES, bytes - at);
      ByteBuffer room = sink.room(count);
      room.put(packed, at, count);
    }
  }
}
