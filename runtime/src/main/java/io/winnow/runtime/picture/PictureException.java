package io.winnow.runtime.picture;

import static java.util.Objects.requireNonNull;

/** A picture file that is refused. The message tells the user what is wrong and what to do. */
public final class PictureException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public PictureException(Kind kind, String message) {
    super(message);
    this.kind = requireNonNull(kind, "kind is null");
  }

  static PictureException unreadable(String problem, Throwable cause) {
    PictureException unreadable = unreadable(problem);
    unreadable.initCause(cause);
    return unreadable;
  }

  static PictureException unreadable(String problem) {
    return new PictureException(
        Kind.UNREADABLE, "the picture is damaged or incomplete (" + problem + "); send it again");
  }

  static PictureException unsupported(String problem) {
    return new PictureException(
        Kind.UNSUPPORTED, problem + "; save the picture as an ordinary PNG or JPEG");
  }

  public Kind kind() {
    return kind;
  }

  /** Classes of refusal. */
  public enum Kind {
    /** Empty, cut off or damaged. */
    UNREADABLE,
    /** More bytes or pixels than allowed. */
    TOO_LARGE,
    /** Not one of the formats, or a rare kind of one. */
    UNSUPPORTED
  }
}
