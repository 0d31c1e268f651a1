package io.winnow.cli;

/** A command cannot do its work; the message is for the user and says what to do. */
public final class CommandFailure extends Exception {

  private static final long serialVersionUID = 1L;

  public CommandFailure(String message) {
    super(message);
  }

  public CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
