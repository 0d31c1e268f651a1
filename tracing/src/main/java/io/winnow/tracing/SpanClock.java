package io.winnow.tracing;

import java.time.Instant;

/**
 * Translates {@link System#nanoTime} to the wall clock by one reading of both, so that the spans of
 * one request keep their distances whatever happens to the wall clock meanwhile.
 */
public final class SpanClock {

  private final long offset; // nanoseconds since the epoch at nanoTime zero

  private SpanClock(long offset) {
    this.offset = offset;
  }

  /** A translation that is right now. */
  public static SpanClock now() {
    Instant wall = Instant.now();
    return new SpanClock(
        wall.getEpochSecond() * 1_000_000_000 + wall.getNano() - System.nanoTime());
  }

  /** Nanoseconds since the epoch. */
  public long epochNanos(long nanoTime) {
    return nanoTime + offset;
  }
}
