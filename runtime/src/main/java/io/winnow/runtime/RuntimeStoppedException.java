package io.winnow.runtime;

/** The runtime was closed: the call can be repeated on another one. */
public final class RuntimeStoppedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public RuntimeStoppedException(String message) {
    super(message);
  }
}
