package io.winnow.runtime;

import io.winnow.v1.DecoderManifest;
import java.time.Duration;
import java.util.Optional;

/**
 * Runs the decoder of one model for many generations at once.
 *
 * <p>The runtime owns slots, KV caches and scheduling: live generations are decoded together, one
 * step at a time, and at most one prefill segment runs between two steps. All methods are
 * thread-safe and return at once unless they say otherwise; results arrive through a {@link
 * GenerationListener}.
 */
public interface DecoderRuntime extends AutoCloseable {

  /** Shape of the decoder: layers, segments, context length. */
  DecoderManifest manifest();

  /**
   * Queues a generation: its prefill starts when a slot is free. Failures of any kind, a full queue
   * included, are reported to the listener, once, as its terminal event; this method throws only on
   * programmer errors.
   *
   * @param request must not be changed afterwards
   * @throws IllegalArgumentException if the request's parts do not fit each other or the model
   */
  Generation start(GenerationRequest request, GenerationListener listener);

  /**
   * Runs prompts layer by layer; only where every layer is a segment of its own, as calibration
   * needs it ({@code winnow export --segments L}), and only where the runtime can.
   */
  default Optional<LayerStepper> stepper() {
    return Optional.empty();
  }

  /** A snapshot of the load, for admission, metrics and balancing. */
  RuntimeLoad load();

  /** Whether it can still generate: false when closed, or ended by an error it did not survive. */
  boolean alive();

  /**
   * Refuses new generations with {@link RuntimeFailure.Kind#UNAVAILABLE} and waits until the
   * accepted ones have ended.
   *
   * @return whether all of them ended within the time; the others go on until {@link #close()}
   */
  boolean drain(Duration timeout) throws InterruptedException;

  /**
   * Fails what still runs with {@link RuntimeFailure.Kind#UNAVAILABLE}, stops the native
   * computation, waits for it and frees everything. Idempotent. Must be called before the JVM
   * begins to shut down: ONNX Runtime frees itself in a shutdown hook, and a computation under way
   * would crash.
   */
  @Override
  void close();
}
