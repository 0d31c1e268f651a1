package io.winnow.runtime;

/**
 * Load of a runtime. What it counts as work was given to this object; a server behind it may serve
 * others too.
 *
 * @param queued generations waiting for a slot
 * @param running generations that hold a slot
 * @param slots all slots
 * @param kvBytesUsed bytes of KV cache that running generations reserve
 * @param kvBytesLimit bound on them, whoever's they are
 * @param others what others have there, as far as that is known: seconds old
 */
public record RuntimeLoad(
    int queued, int running, int slots, long kvBytesUsed, long kvBytesLimit, Others others) {

  /** Of a runtime that nobody else uses. */
  public RuntimeLoad(int queued, int running, int slots, long kvBytesUsed, long kvBytesLimit) {
    this(queued, running, slots, kvBytesUsed, kvBytesLimit, Others.NONE);
  }

  /** Slots that this side has or could get: all that others do not hold. */
  public int slotsWithinReach() {
    return Math.max(running, slots - others.running());
  }

  /** Bytes of KV cache that this side has or could get. */
  public long kvBytesWithinReach() {
    return Math.max(kvBytesUsed, kvBytesLimit - others.kvBytesUsed());
  }

  /** Share of the KV caches that is in use by anybody, in [0, 1]; 0 without a limit. */
  public double kvUsage() {
    double used = (double) kvBytesUsed + others.kvBytesUsed();
    return kvBytesLimit == 0 ? 0 : Math.min(1, used / kvBytesLimit);
  }

  /** Both together. */
  public RuntimeLoad plus(RuntimeLoad other) {
    return new RuntimeLoad(
        queued + other.queued,
        running + other.running,
        slots + other.slots,
        kvBytesUsed + other.kvBytesUsed,
        kvBytesLimit + other.kvBytesLimit,
        new Others(
            others.queued() + other.others.queued(),
            others.running() + other.others.running(),
            others.kvBytesUsed() + other.others.kvBytesUsed()));
  }

  /** The work alone, without the place where it is. */
  public RuntimeLoad work() {
    return new RuntimeLoad(queued, running, 0, kvBytesUsed, 0);
  }

  /**
   * Work that others have given to the same servers.
   *
   * @param queued generations waiting for a slot
   * @param running generations that hold a slot
   * @param kvBytesUsed bytes of KV cache that they reserve
   */
  public record Others(int queued, int running, long kvBytesUsed) {

    /** None. */
    public static final Others NONE = new Others(0, 0, 0);
  }
}
