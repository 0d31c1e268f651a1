package io.winnow.modelkit;

import java.io.IOException;

/** Transposes a matrix in bands of columns, so that reads and writes both run along rows. */
final class TransposedWeight implements Weight {

  private static final int BAND = 64;

  private final SafetensorsTensor tensor; // [out, in]

  TransposedWeight(SafetensorsTensor tensor) {
    this.tensor = tensor;
  }

  @Override
  public long[] shape() {
    return new long[] {tensor.shape()[1], tensor.shape()[0]};
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    int out = Math.toIntExact(tensor.shape()[0]);
    int in = Math.toIntExact(tensor.shape()[1]);
    float[][] band = new float[Math.min(BAND, in)][out];
    float[] row = new float[BAND];
    for (int first = 0; first < in; first += BAND) {
      int width = Math.min(BAND, in - first);
      for (int o = 0; o < out; o++) {
        tensor.read((long) o * in + first, row, width);
        for (int i = 0; i < width; i++) {
          band[i][o] = row[i];
        }
      }
      for (int i = 0; i < width; i++) {
        sink.write(band[i], out);
      }
    }
  }
}
