package io.winnow.modelkit;

/**
 * Rounds blocks of numbers to integers times a scale. The integers are unsigned and 2^(bits-1)
 * stands for zero, so their range reaches one step further down than up: the number of largest
 * magnitude gets the end of the range, the sign going to the scale. With 4 bits the scale that
 * leaves the smallest squared error is searched, since cutting the largest number short may buy a
 * finer grid for all others. Not thread-safe.
 */
final class BlockQuantizer {

  // Shares of the full range; measured on trained and on Gaussian weights, less than .72 never
  // wins.
  private static final float[] FULL_RANGE = {1f};
  private static final float[] SEARCHED = {1f, 0.96f, 0.92f, 0.88f, 0.84f, 0.8f, 0.76f, 0.72f};
  private static final float ROUND = 12_582_912f; // 1.5 x 2^23: adding it rounds to an integer

  private final int bits;
  private final int block;
  private final int middle;
  private final float[] shares;
  private final float[] integers; // [block]

  BlockQuantizer(int bits, int block) {
    if (bits != 4 && bits != 8) {
      throw new IllegalArgumentException("bits is " + bits + ", must be 4 or 8");
    }
    if (block < 16 || Integer.bitCount(block) != 1) {
      throw new IllegalArgumentException("block is " + block + ", must be a power of two from 16");
    }
    this.bits = bits;
    this.block = block;
    this.middle = 1 << bits - 1;
    this.shares = bits == 4 ? SEARCHED : FULL_RANGE;
    this.integers = new float[block];
  }

  int block() {
    return block;
  }

  int blockBytes() {
    return bytes(block);
  }

  /** Bytes of this many integers. */
  int bytes(int count) {
    return (count * bits + Byte.SIZE - 1) / Byte.SIZE;
  }

  /**
   * Quantises one block of a row.
   *
   * @param row // [blocks * block]
   * @param number which block
   * @param packed where its bytes go, the first of two integers in the low bits // [blocks *
   *     blockBytes]
   * @return the block's scale
   */
  float quantize(float[] row, int number, byte[] packed) {
    int first = number * block;
    float extreme = extreme(row, first);
    float full = extreme / -middle;
    float inverse = 1 / full;
    if (full == 0 || Float.isInfinite(inverse)) {
      pack(0, row, first, packed, number);
      return 1;
    }
    float best = full;
    float least = Float.POSITIVE_INFINITY;
    for (float share : shares) {
      float scale = full * share;
      float error = shares.length == 1 ? 0 : squaredError(row, first, scale);
      if (error < least) {
        least = error;
        best = scale;
      }
    }
    pack(1 / best, row, first, packed, number);
    return best;
  }

  private float extreme(float[] row, int first) {
    float extreme = 0;
    for (int i = first; i < first + block; i++) {
      if (!Float.isFinite(row[i])) {
        throw new ExportException("a weight is " + row[i] + ": the checkpoint is damaged");
      }
      extreme = Math.abs(row[i]) > Math.abs(extreme) ? row[i] : extreme;
    }
    return extreme;
  }

  private float squaredError(float[] row, int first, float scale) {
    float inverse = 1 / scale;
    float low = -middle;
    float high = middle - 1;
    float[] errors = integers;
    for (int i = 0; i < block; i++) {
      float scaled = row[first + i] * inverse;
      float rounded = Math.min(Math.max(scaled + ROUND - ROUND, low), high);
      float error = scaled - rounded;
      errors[i] = error * error;
    }
    float sum = 0;
    for (int i = 0; i < block; i++) {
      sum += errors[i];
    }
    return sum * scale * scale;
  }

  private void pack(float inverse, float[] row, int first, byte[] packed, int number) {
    int at = number * blockBytes();
    for (int i = 0; i < block; i++) {
      float rounded = row[first + i] * inverse + ROUND - ROUND;
      integers[i] = Math.min(Math.max(rounded, -middle), middle - 1) + middle;
    }
    for (int i = 0; i < blockBytes(); i++) {
      packed[at + i] =
          bits == 8
              ? (byte) integers[i]
              : (byte) ((int) integers[2 * i] | (int) integers[2 * i + 1] << 4);
    }
  }
}
