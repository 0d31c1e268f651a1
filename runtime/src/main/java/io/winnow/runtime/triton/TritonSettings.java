package io.winnow.runtime.triton;

import io.winnow.runtime.triton.client.ChannelSettings;
import java.time.Duration;

/**
 * Bounds of what is asked of a Triton. All durations are positive.
 *
 * @param channel how the connection is made
 * @param probe how long a question about the server's state may take, and the pause between two
 * @param acknowledge how long the server may take to queue or refuse a generation
 * @param generation longest life of a generation, from start to end
 * @param encode longest time for a picture
 * @param close how long the server may take to end what was closed; then it is abandoned
 * @param computation a server whose decoder computes one thing for so long hangs
 * @param maxStarting generations that may wait to be sent, at least 1
 */
public record TritonSettings(
    ChannelSettings channel,
    Duration probe,
    Duration acknowledge,
    Duration generation,
    Duration encode,
    Duration close,
    Duration computation,
    int maxStarting) {

  public TritonSettings {
    requirePositive(probe, "probe");
    requirePositive(acknowledge, "acknowledge");
    requirePositive(generation, "generation");
    requirePositive(encode, "encode");
    requirePositive(close, "close");
    requirePositive(computation, "computation");
    if (maxStarting < 1) {
      throw new IllegalArgumentException("maxStarting is " + maxStarting + ", must be at least 1");
    }
  }

  /** Clear text; 2 s, 10 s, 10 min, 1 min, 5 s, 2 min; 1024 starting generations. */
  public static TritonSettings defaults() {
    return new TritonSettings(
        ChannelSettings.defaults(),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        Duration.ofMinutes(1),
        Duration.ofSeconds(5),
        Duration.ofMinutes(2),
        1024);
  }

  public TritonSettings withChannel(ChannelSettings other) {
    return new TritonSettings(
        other, probe, acknowledge, generation, encode, close, computation, maxStarting);
  }

  public TritonSettings withProbe(Duration other) {
    return new TritonSettings(
        channel, other, acknowledge, generation, encode, close, computation, maxStarting);
  }

  public TritonSettings withAcknowledge(Duration other) {
    return new TritonSettings(
        channel, probe, other, generation, encode, close, computation, maxStarting);
  }

  public TritonSettings withGeneration(Duration other) {
    return new TritonSettings(
        channel, probe, acknowledge, other, encode, close, computation, maxStarting);
  }

  public TritonSettings withEncode(Duration other) {
    return new TritonSettings(
        channel, probe, acknowledge, generation, other, close, computation, maxStarting);
  }

  public TritonSettings withClose(Duration other) {
    return new TritonSettings(
        channel, probe, acknowledge, generation, encode, other, computation, maxStarting);
  }

  public TritonSettings withComputation(Duration other) {
    return new TritonSettings(
        channel, probe, acknowledge, generation, encode, close, other, maxStarting);
  }

  private static void requirePositive(Duration duration, String name) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + " is " + duration + ", must be positive");
    }
  }
}
