package io.winnow.runtime.embedded;

import java.util.List;

/**
 * Bounds of the embedded runtimes.
 *
 * @param intraOpThreads threads that share one native call, at least 1
 * @param maxQueued generations that may wait for a slot, at least 0
 * @param slotsPerClass generations of one capacity class that run at once, at least 1; the KV limit
 *     may allow fewer
 * @param capacityClasses tokens that a slot's KV cache holds, ascending; empty: a quarter of the
 *     context (if that is at least 128) and the context
 * @param kvBytesLimit bound on the memory of the KV caches, which are direct buffers: it must stay
 *     below the JVM's MaxDirectMemorySize
 */
public record EmbeddedSettings(
    int intraOpThreads,
    int maxQueued,
    int slotsPerClass,
    List<Integer> capacityClasses,
    long kvBytesLimit) {

  private static final long GIBIBYTE = 1L << 30;

  public EmbeddedSettings {
    requireAtLeast(1, intraOpThreads, "intraOpThreads");
    requireAtLeast(0, maxQueued, "maxQueued");
    requireAtLeast(1, slotsPerClass, "slotsPerClass");
    requireAtLeast(1, kvBytesLimit, "kvBytesLimit");
    capacityClasses = List.copyOf(capacityClasses);
    int previous = 0;
    for (int capacity : capacityClasses) {
      if (capacity <= previous) {
        throw new IllegalArgumentException(
            "capacityClasses is " + capacityClasses + ", must be positive and ascending");
      }
      previous = capacity;
    }
  }

  /** All processors, 64 queued, 8 slots of each default class, 1 GiB. */
  public static EmbeddedSettings defaults() {
    return new EmbeddedSettings(
        Runtime.getRuntime().availableProcessors(), 64, 8, List.of(), GIBIBYTE);
  }

  public EmbeddedSettings withIntraOpThreads(int threads) {
    return new EmbeddedSettings(threads, maxQueued, slotsPerClass, capacityClasses, kvBytesLimit);
  }

  public EmbeddedSettings withMaxQueued(int generations) {
    return new EmbeddedSettings(
        intraOpThreads, generations, slotsPerClass, capacityClasses, kvBytesLimit);
  }

  public EmbeddedSettings withSlotsPerClass(int slots) {
    return new EmbeddedSettings(intraOpThreads, maxQueued, slots, capacityClasses, kvBytesLimit);
  }

  public EmbeddedSettings withCapacityClasses(List<Integer> capacities) {
    return new EmbeddedSettings(intraOpThreads, maxQueued, slotsPerClass, capacities, kvBytesLimit);
  }

  public EmbeddedSettings withKvBytesLimit(long bytes) {
    return new EmbeddedSettings(intraOpThreads, maxQueued, slotsPerClass, capacityClasses, bytes);
  }

  private static void requireAtLeast(long min, long value, String name) {
    if (value < min) {
      throw new IllegalArgumentException(name + " is " + value + ", must be at least " + min);
    }
  }
}
