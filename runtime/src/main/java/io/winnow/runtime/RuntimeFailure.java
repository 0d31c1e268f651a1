package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

/**
 * Why a generation did not end by itself.
 *
 * @param kind for the machine
 * @param message for the user: what happened and what to do
 */
public record RuntimeFailure(Kind kind, String message) {

  public RuntimeFailure {
    requireNonNull(kind, "kind is null");
    requireNonNull(message, "message is null");
  }

  /** Classes of failure, by what the caller can do about them. */
  public enum Kind {
    /** Slots and queue, or the memory bound, are full: retry later. */
    RESOURCE_EXHAUSTED,
    /** The caller closed the generation. */
    CANCELLED,
    /** The runtime is draining or gone: retry elsewhere. */
    UNAVAILABLE,
    /** A defect. */
    INTERNAL
  }
}
