package io.winnow.runtime.triton.client;

/**
 * Use of shared memory for the tensors of {@link InferenceClient#infer}: only where the address is
 * of this host and a trial shows that the server opens the same memory; otherwise, and where memory
 * runs out, tensors travel in the messages.
 *
 * @param thresholdBytes a request whose inputs and bounded outputs are larger goes through shared
 *     memory
 * @param limitBytes memory in use at most, per endpoint; 0: none is ever used
 */
public record SharedMemorySettings(int thresholdBytes, long limitBytes) {

  /** Where it begins to pay on loopback: docs/triton-client.md has the measurement. */
  private static final int PAYS_FROM_BYTES = 128 << 10;

  public SharedMemorySettings {
    if (thresholdBytes < 0 || limitBytes < 0) {
      throw new IllegalArgumentException(
          "threshold " + thresholdBytes + ", limit " + limitBytes + " bytes");
    }
  }

  /** From 128 KiB on, 256 MiB at most. */
  public static SharedMemorySettings automatic() {
    return new SharedMemorySettings(PAYS_FROM_BYTES, 256L << 20);
  }

  /** Never. */
  public static SharedMemorySettings off() {
    return new SharedMemorySettings(0, 0);
  }
}
