package io.winnow.runtime;

/** Why a generation ended by itself. */
public enum FinishCause {
  /** An end-of-sequence token was sampled. */
  END_OF_SEQUENCE,
  /** The token limit or the end of the context was reached. */
  LENGTH
}
