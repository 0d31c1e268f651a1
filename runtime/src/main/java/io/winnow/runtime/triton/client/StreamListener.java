package io.winnow.runtime.triton.client;

import org.jspecify.annotations.Nullable;

/**
 * Takes what comes on a stream. The methods are called one at a time, on the channel's executor,
 * and must not block. An exception that one throws cancels the stream.
 */
public interface StreamListener {

  /** A response; {@link InferResponse#isFinal()} says whether it was a request's last one. */
  void onResponse(InferResponse response);

  /**
   * A request failed; the others and the stream go on.
   *
   * @param requestId its id; empty where the server did not say
   * @param message what the server said
   */
  void onRequestFailed(String requestId, String message);

  /** The transport takes more: {@link InferStream#isReady()} has become true. */
  default void onReady() {}

  /**
   * The stream has ended; nothing follows. Called exactly once.
   *
   * @param failure null where it ended as it should: half-closed and all answered
   */
  void onClosed(@Nullable TritonException failure);
}
