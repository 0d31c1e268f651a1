package io.winnow.decoder.chat;

import java.util.Optional;

/**
 * Why there is no (complete) answer.
 *
 * @param reason stable code; the edges map it to their status, in one place
 * @param message for the user: what is wrong and what to do
 * @param param the field of the request at fault, in the API's notation, for example
 *     "messages[0].content[1]"
 */
public record ChatFailure(Reason reason, String message, Optional<String> param) {

  public static ChatFailure of(Reason reason, String message) {
    return new ChatFailure(reason, message, Optional.empty());
  }

  public static ChatFailure of(Reason reason, String message, String param) {
    return new ChatFailure(reason, message, Optional.of(param));
  }

  /** Stable failure codes. */
  public enum Reason {
    /** A field is malformed or out of range. */
    INVALID_REQUEST,
    /** Prompt, or prompt and answer, exceed the context. */
    CONTEXT_LENGTH_EXCEEDED,
    /** The bytes are no picture that can be read. */
    PICTURE_UNREADABLE,
    /** The picture is above the limits on bytes or pixels. */
    PICTURE_TOO_LARGE,
    /** Picture URLs are switched off, not allowed, or could not be fetched. */
    PICTURE_URL_REFUSED,
    /** No such model. */
    MODEL_NOT_FOUND,
    /** No or a wrong API key. */
    UNAUTHENTICATED,
    /** This key has too many requests under way. */
    RATE_LIMITED,
    /** The service's own queue or memory is full. */
    OVERLOADED,
    /** The deadline passed. */
    TIMEOUT,
    /** The caller went away. */
    CANCELLED,
    /** Draining, or a stage is unreachable. */
    UNAVAILABLE,
    /** A defect. */
    INTERNAL
  }
}
