package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.Node;
import java.io.IOException;

/**
 * Matrices of small integers with a scale for every block of a row, for ONNX Runtime's MatMulNBits
 * and GatherBlockQuantized. Products quantise their activations to 8 bits too (accuracy level 4).
 *
 * @param bits 4 or 8
 * @param block elements that share a scale; a power of two from 16 on
 */
record BlockMatrices(int bits, int block) implements Matrices {

  static final BlockMatrices INT8 = new BlockMatrices(8, 32);
  static final BlockMatrices INT4 = new BlockMatrices(4, 128);

  private static final int EIGHT_BIT_ACTIVATIONS = 4;

  @Override
  public Node multiply(OnnxGraphBuilder g, String name, String value, SafetensorsTensor matrix)
      throws IOException {
    QuantizedTensor quantized = new QuantizedTensor(matrix, bits, block);
    // The scales are known once the integers are written.
    String integers = g.parameter(name + ".integers", quantized.blocks());
    String scales = g.parameter(name + ".scales", quantized.scales());
    return g.contrib("MatMulNBits", value, integers, scales)
        .with("K", matrix.shape()[1])
        .with("N", matrix.shape()[0])
        .with("bits", bits)
        .with("block_size", block)
        .with("accuracy_level", EIGHT_BIT_ACTIVATIONS);
  }

  @Override
  public String lookUp(OnnxGraphBuilder g, String name, String ids, SafetensorsTensor table)
      throws IOException {
    QuantizedTensor quantized = new QuantizedTensor(table, bits, block);
    String integers = g.parameter(name + ".integers", quantized.rows());
    String scales = g.parameter(name + ".scales", quantized.scales());
    return g.contrib("GatherBlockQuantized", integers, ids, scales)
        .with("bits", bits)
        .with("block_size", block)
        .with("gather_axis", 0)
        .with("quantize_axis", 1)
        .value();
  }
}
