package io.winnow.decoder.chat;

/** Carries a {@link ChatFailure} through synchronous code. */
public final class ChatFailureException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ChatFailure failure;

  public ChatFailureException(ChatFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  public ChatFailure failure() {
    return failure;
  }
}
