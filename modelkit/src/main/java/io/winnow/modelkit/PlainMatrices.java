package io.winnow.modelkit;

import java.io.IOException;

/** Matrices in the type that the graph computes in. */
final class PlainMatrices implements Matrices {

  static final PlainMatrices INSTANCE = new PlainMatrices();

  private PlainMatrices() {}

  @Override
  public OnnxGraphBuilder.Node multiply(
      OnnxGraphBuilder g, String name, String value, SafetensorsTensor matrix) throws IOException {
    return g.op("MatMul", value, g.weight(name, Weight.transposed(matrix)));
  }

  @Override
  public String lookUp(OnnxGraphBuilder g, String name, String ids, SafetensorsTensor table)
      throws IOException {
    return g.op("Gather", g.weight(name, Weight.of(table)), ids).value();
  }
}
