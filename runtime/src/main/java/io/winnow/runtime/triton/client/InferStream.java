package io.winnow.runtime.triton.client;

/**
 * One ModelStreamInfer call: any number of requests. Triton answers models that are not decoupled
 * in the order of their requests, and decoupled ones as they are ready. Cancelling the stream
 * cancels every request on it and leaves others alone, so give each generation a stream of its own.
 * Thread-safe; no method blocks.
 */
public interface InferStream extends AutoCloseable {

  /**
   * Sends a request. What the transport cannot take yet is buffered: look at {@link #isReady()}
   * before sending much. After the stream's end it does nothing; the listener was told.
   *
   * @return the request's id, made up where it had none
   * @throws IllegalStateException after {@link #halfClose()}
   * @throws TritonException RESOURCE_EXHAUSTED if the message is above the channel's bound; nothing
   *     was sent, and the stream goes on
   */
  String send(InferRequest request);

  /** Whether the transport takes a message without buffering it. */
  boolean isReady();

  /**
   * Allows so many more messages (responses and failures) to be delivered. A stream opened with
   * initial credit {@link StreamSettings#UNLIMITED} needs none.
   */
  void request(int messages);

  /** Says that no further request comes; what was sent is still answered. */
  void halfClose();

  /** Ends the stream now; the listener hears of {@code CANCELLED}. Idempotent. */
  void cancel(String reason);

  /** {@link #cancel} unless the stream has ended. */
  @Override
  default void close() {
    cancel("the stream was closed");
  }
}
