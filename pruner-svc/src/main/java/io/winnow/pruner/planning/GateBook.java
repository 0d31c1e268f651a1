package io.winnow.pruner.planning;

import io.winnow.runtime.ExitGates;
import java.util.Optional;

/** The exit gates of models. Safe for concurrent use, without locks. */
@FunctionalInterface
public interface GateBook {

  /** The gates of a model; empty if there are none. They stay the book's to close. */
  Optional<ExitGates> of(String model);

  /** Knows no gates. */
  static GateBook empty() {
    return model -> Optional.empty();
  }
}
