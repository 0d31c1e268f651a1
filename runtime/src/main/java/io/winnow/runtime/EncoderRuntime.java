package io.winnow.runtime;

import io.winnow.v1.VisionManifest;
import java.nio.FloatBuffer;
import java.util.Optional;

/** Runs the vision tower and projector of one model. Thread-safe. */
public interface EncoderRuntime extends AutoCloseable {

  /** Shape of the tower. */
  VisionManifest manifest();

  /** Encodes one picture outside of any trace; see {@link #encode(FloatBuffer, Optional)}. */
  default EncodedPicture encode(FloatBuffer pixelValues) {
    return encode(pixelValues, Optional.empty());
  }

  /**
   * Encodes one picture; blocks until it is done.
   *
   * @param pixelValues preprocessed picture, direct, position 0 // [3, height, width]
   * @param traceparent W3C trace context of the caller's span, for runtimes in other processes
   * @throws RuntimeStoppedException if the runtime was closed before or meanwhile
   * @throws RuntimeFullException if it has no room for the picture
   */
  EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent);

  /**
   * Whether it can encode now; one that runs elsewhere may come back to life. May ask there, for a
   * bounded time.
   */
  default boolean alive() {
    return true;
  }

  /**
   * Stops computations under way, waits for them and frees everything. Idempotent; see {@link
   * DecoderRuntime#close()}.
   */
  @Override
  void close();
}
