package io.winnow.runtime.streams;

/** There is nobody to go on talking with. */
public final class ConversationEndedException extends Exception {

  private static final long serialVersionUID = 1L;
  private final Cause cause;

  ConversationEndedException(Cause cause, String message) {
    super(message);
    this.cause = cause;
  }

  /** What happened. */
  public Cause reason() {
    return cause;
  }

  /** What can happen. */
  public enum Cause {
    /** The caller has cancelled or lost the call: there is nobody to tell. */
    GONE,
    /** The caller neither speaks nor listens. */
    SILENT
  }
}
