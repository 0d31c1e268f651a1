package io.winnow.runtime.text;

/**
 * The conversation does not fit the model: its template refuses it, or has no place for its
 * pictures. The message is for the user.
 */
public final class PromptException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public PromptException(String message) {
    super(message);
  }

  /** The function {@code raise_exception} of templates. */
  static String raise(String message) {
    throw new PromptException(message);
  }
}
