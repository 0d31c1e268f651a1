package io.winnow.pruner.planning;

import java.util.Optional;

/**
 * Why a stream ends without (or before) its proper end.
 *
 * @param reason stable code; the edge maps it to its status, in one place
 * @param message for the caller: what is wrong and what to do
 * @param param the field of the HTTP request at fault, for example "visual_token_reduction.method"
 */
public record PrunerFailure(Reason reason, String message, Optional<String> param) {

  public static PrunerFailure of(Reason reason, String message) {
    return new PrunerFailure(reason, message, Optional.empty());
  }

  public static PrunerFailure of(Reason reason, String message, String param) {
    return new PrunerFailure(reason, message, Optional.of(param));
  }

  /** Stable failure codes. */
  public enum Reason {
    /** A field is missing or out of range. */
    INVALID_REQUEST,
    /** No such method. */
    UNKNOWN_METHOD,
    /** The method cannot meet the budget. */
    IMPOSSIBLE_BUDGET,
    /** The method has no recipe for the model. */
    NO_RECIPE,
    /** The method has no exit gates for the model. */
    NO_GATES,
    /** The budget is a time, and too few prefills were measured to predict one. */
    UNKNOWN_COST,
    /** A message out of order. */
    PROTOCOL_VIOLATION,
    /** As many streams are open as the service takes. */
    TOO_MANY_STREAMS,
    /** Nothing was heard for too long. */
    IDLE,
    /** The service is stopping. */
    DRAINING,
    /** A defect. */
    INTERNAL
  }
}
