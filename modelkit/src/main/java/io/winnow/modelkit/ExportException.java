package io.winnow.modelkit;

/** A checkpoint cannot be exported; the message names the file and the key or tensor at fault. */
public final class ExportException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ExportException(String message) {
    super(message);
  }

  ExportException(String message, Throwable cause) {
    super(message, cause);
  }
}
