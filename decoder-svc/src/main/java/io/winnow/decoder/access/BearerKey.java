package io.winnow.decoder.access;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The API key in an {@code Authorization: Bearer KEY} header, of HTTP or of gRPC. */
public final class BearerKey {

  private static final String BEARER = "bearer ";

  private BearerKey() {}

  /**
   * Reads the header.
   *
   * @param authorization its value; null without one
   */
  public static Optional<String> of(@Nullable String authorization) {
    return Optional.ofNullable(authorization)
        .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
        .map(value -> value.substring(BEARER.length()).strip())
        .filter(key -> !key.isEmpty());
  }

  /** Tells a caller who was not let in what to do. */
  public static String refusal(Optional<String> key) {
    return key.isPresent()
        ? "Incorrect API key."
        : "No API key: send it as 'Authorization: Bearer KEY'.";
  }
}
