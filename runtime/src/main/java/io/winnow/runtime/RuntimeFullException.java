package io.winnow.runtime;

/** The runtime is well but has no room for this: the call can be repeated later, or elsewhere. */
public final class RuntimeFullException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public RuntimeFullException(String message) {
    super(message);
  }
}
