package io.winnow.decoder.access;

import java.util.Optional;

/** Tells who is asking. */
@FunctionalInterface
public interface Callers {

  /** The name under which everybody shares one line where no keys are in use. */
  String ANONYMOUS = "anonymous";

  /**
   * The caller's name.
   *
   * @param key the API key as presented, empty without one
   * @return empty: not allowed in
   */
  Optional<String> identify(Optional<String> key);

  /** Lets everybody in, as one caller. */
  static Callers anyone() {
    return key -> Optional.of(ANONYMOUS);
  }
}
