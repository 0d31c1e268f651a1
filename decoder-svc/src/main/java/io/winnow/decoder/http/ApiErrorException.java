package io.winnow.decoder.http;

/** Carries an {@link ApiError} through synchronous code. */
final class ApiErrorException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient ApiError error;

  ApiErrorException(ApiError error) {
    super(error.message(), null, false, false);
    this.error = error;
  }

  ApiError error() {
    return error;
  }
}
