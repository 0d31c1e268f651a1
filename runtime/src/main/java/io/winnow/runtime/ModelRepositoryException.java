package io.winnow.runtime;

/** A model repository cannot be used; the message says which file and what is wrong with it. */
public final class ModelRepositoryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public ModelRepositoryException(String message) {
    super(message);
  }

  public ModelRepositoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
