package io.winnow.runtime.triton.client;

import java.util.concurrent.CompletableFuture;

/** Runs models: on one server ({@link TritonEndpoint}) or on the best of several. Thread-safe. */
public interface InferenceClient extends AutoCloseable {

  /**
   * Runs a model once and waits for the response. If the thread is interrupted the call is
   * cancelled and the interrupt flag stays set.
   *
   * @throws TritonException if it fails: UNIMPLEMENTED for a decoupled model, which needs a stream
   * @throws IllegalArgumentException if the response breaks the protocol
   */
  InferResponse infer(InferRequest request, CallSettings settings);

  /**
   * Runs a model once. Cancelling the future cancels the call.
   *
   * @return completes on the channel's executor, exceptionally with a {@link TritonException}
   */
  CompletableFuture<InferResponse> inferAsync(InferRequest request, CallSettings settings);

  /**
   * Opens a stream, to one server for its whole life. Failures, that of the connection included,
   * reach the listener; a stream is never repeated.
   *
   * @return the stream; requests may be sent at once
   */
  InferStream openStream(StreamSettings settings, StreamListener listener);

  /**
   * Whether a model takes requests; false where it is missing.
   *
   * @param version empty: any
   * @throws TritonException if the server cannot be asked
   */
  boolean modelReady(String model, String version, CallSettings settings);

  /** Cancels what is under way and disconnects. Idempotent. */
  @Override
  void close();
}
