package io.winnow.encoder.pictures;

/** A request that cannot be served. */
public final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient EncoderFailure failure;

  public RefusedException(EncoderFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  public RefusedException(EncoderFailure.Reason reason, String message) {
    this(new EncoderFailure(reason, message));
  }

  public EncoderFailure failure() {
    return failure;
  }
}
