package io.winnow.modelkit;

import java.io.IOException;

/** A parameter of a graph, produced piece by piece so that no model has to fit in memory. */
interface Weight {

  long[] shape();

  void writeTo(Sink sink) throws IOException;

  /** Takes the elements in row-major order. */
  interface Sink {
    void write(float[] values, int count) throws IOException;
  }

  /** The tensor as it stands. */
  static Weight of(SafetensorsTensor tensor) {
    return shaped(tensor, tensor.shape());
  }

  /** The tensor's elements under another shape of the same size. */
  static Weight shaped(SafetensorsTensor tensor, long... shape) {
    return new Weight() {
      @Override
      public long[] shape() {
        return shape;
      }

      @Override
      public void writeTo(Sink sink) throws IOException {
        float[] block = new float[1 << 16];
        long elements = tensor.elements();
        for (long at = 0; at < elements; at += block.length) {
          int count = (int) Math.min(block.length, elements - at);
          tensor.read(at, block, count);
          sink.write(block, count);
        }
      }
    };
  }

  /** A linear layer's [out, in] as MatMul takes it: [in, out]. */
  static Weight transposed(SafetensorsTensor tensor) {
    return new TransposedWeight(tensor);
  }
}
