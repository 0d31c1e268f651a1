package io.winnow.modelkit;

import java.io.IOException;

/** A way to hold matrices in a graph and to use them. */
interface Matrices {

  /**
   * Multiplies by a linear layer's matrix.
   *
   * @param value // [..., in]
   * @param matrix // [out, in]
   * @return // [..., out]
   */
  OnnxGraphBuilder.Node multiply(
      OnnxGraphBuilder g, String name, String value, SafetensorsTensor matrix) throws IOException;

  /**
   * Rows of a table.
   *
   * @param ids // [...] int64
   * @param table // [rows, width]
   * @return // [..., width]
   */
  String lookUp(OnnxGraphBuilder g, String name, String ids, SafetensorsTensor table)
      throws IOException;
}
