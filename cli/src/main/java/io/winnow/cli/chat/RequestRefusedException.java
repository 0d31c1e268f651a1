package io.winnow.cli.chat;

import java.io.IOException;

/** The service says that the request cannot be honoured as it is; asking again will not help. */
public final class RequestRefusedException extends IOException {

  private static final long serialVersionUID = 1L;

  public RequestRefusedException(String message) {
    super(message);
  }
}
