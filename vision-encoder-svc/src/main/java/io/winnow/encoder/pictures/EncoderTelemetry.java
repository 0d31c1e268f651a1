package io.winnow.encoder.pictures;

import java.time.Duration;

/**
 * Hears how pictures fare, to measure it. Called on any thread, sometimes with a lock held: must
 * return at once and not throw.
 */
public interface EncoderTelemetry {

  /** Hears nothing. */
  EncoderTelemetry NONE = new EncoderTelemetry() {};

  /** Somebody asked for a picture. */
  default void lookedUp(String model, Lookup found) {}

  /** A vision tower has encoded a picture. */
  default void encoded(String model, EncodeDurations durations) {}

  /** A caller was told that there will be no (further) tokens. */
  default void failed(EncoderFailure.Reason reason) {}

  /** A block of visual tokens was handed to the transport. */
  default void sent(String model, int tokens, long bytes) {}

  /** A caller who was to read blocks did not for so long. */
  default void stalled(Duration time) {}

  /** Where a picture was found. */
  enum Lookup {
    /** In the cache. */
    HIT,
    /** Among those that are being encoded for others. */
    JOINED,
    /** Nowhere: it must be uploaded. */
    MISS
  }
}
