package io.winnow.modelkit;

import java.io.IOException;

/** Transposes a matrix in bands of columns, so that reads and writes both run along rows. */
final class TransposedWeight implements Weight {

  private static final int MIN_BAND = 64;
  private static final int BAND_ELEMENTS = 1 << 22;

  private final SafetensorsTensor tensor; // [out, in]
  private final int bandElements;

  TransposedWeight(SafetensorsTensor tensor) {
    this(tensor, BAND_ELEMENTS);
  }

  /**
   * @param bandElements numbers that a band may hold, if that is enough for some columns
   */
  TransposedWeight(SafetensorsTensor tensor, int bandElements) {
    this.tensor = tensor;
    this.bandElements = bandElements;
  }

  @Override
  public long[] shape() {
    return new long[] {tensor.shape()[1], tensor.shape()[0]};
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    int out = Math.toIntExact(tensor.shape()[0]);
    int in = Math.toIntExact(tensor.shape()[1]);
    int most = Math.min(in, Math.max(MIN_BAND, bandElements / out));
    float[][] band = new float[most][out];
    float[] row = new float[most];
    for (int first = 0; first < in; first += most) {
      int width = Math.min(most, in - first);
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
