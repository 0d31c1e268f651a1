package io.winnow.encoder.pictures;

import static java.util.Objects.requireNonNull;

/**
 * Why a picture is not encoded.
 *
 * @param reason stable code; the edge maps it to its status, in one place
 * @param message for the caller: what is wrong and what to do
 */
public record EncoderFailure(Reason reason, String message) {

  public EncoderFailure {
    requireNonNull(reason, "reason is null");
    requireNonNull(message, "message is null");
  }

  /** Stable failure codes. */
  public enum Reason {
    /** A field is missing or out of range. */
    INVALID_REQUEST,
    /** A message out of order. */
    PROTOCOL_VIOLATION,
    /** The uploaded bytes are not those that were announced. */
    CONTENT_MISMATCH,
    /** Empty, cut off or damaged. */
    PICTURE_UNREADABLE,
    /** Not one of the formats, or a rare kind of one. */
    PICTURE_UNSUPPORTED,
    /** More bytes or pixels than allowed. */
    PICTURE_TOO_LARGE,
    /** No such model. */
    MODEL_NOT_FOUND,
    /** Too many pictures wait already. */
    OVERLOADED,
    /** As many streams are open as the service takes. */
    TOO_MANY_STREAMS,
    /** Nothing was heard, or nothing was read, for too long. */
    IDLE,
    /** The service, or what runs its models, is stopping or gone. */
    DRAINING,
    /** A defect. */
    INTERNAL
  }
}
