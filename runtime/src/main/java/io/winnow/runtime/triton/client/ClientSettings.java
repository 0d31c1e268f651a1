package io.winnow.runtime.triton.client;

import java.util.Objects;

/**
 * Everything that an endpoint or a pool is made with.
 *
 * @param channel connections
 * @param retries repeated calls
 * @param ejection sick endpoints of a pool
 * @param sharedMemory tensors through shared memory
 */
public record ClientSettings(
    ChannelSettings channel,
    RetrySettings retries,
    EjectionSettings ejection,
    SharedMemorySettings sharedMemory) {

  public ClientSettings {
    Objects.requireNonNull(channel);
    Objects.requireNonNull(retries);
    Objects.requireNonNull(ejection);
    Objects.requireNonNull(sharedMemory);
  }

  /** The defaults of each part; shared memory where it pays. */
  public static ClientSettings defaults() {
    return new ClientSettings(
        ChannelSettings.defaults(),
        RetrySettings.defaults(),
        EjectionSettings.defaults(),
        SharedMemorySettings.automatic());
  }

  /** With other connections. */
  public ClientSettings with(ChannelSettings other) {
    return new ClientSettings(other, retries, ejection, sharedMemory);
  }

  /** With other retries. */
  public ClientSettings with(RetrySettings other) {
    return new ClientSettings(channel, other, ejection, sharedMemory);
  }

  /** With other ejection. */
  public ClientSettings with(EjectionSettings other) {
    return new ClientSettings(channel, retries, other, sharedMemory);
  }

  /** With other use of shared memory. */
  public ClientSettings with(SharedMemorySettings other) {
    return new ClientSettings(channel, retries, ejection, other);
  }
}
