package io.winnow.runtime.metrics;

import java.util.Collection;
import java.util.Set;

/**
 * The values that a label may take. What a caller or a peer can choose must pass through here: each
 * value of a label is a time series of its own, for as long as the process lives.
 */
public final class KnownValues {

  /** Stands for every value that is not known. */
  public static final String OTHER = "other";

  private final Set<String> values;

  public KnownValues(Collection<String> values) {
    this.values = Set.copyOf(values);
  }

  /** The value, or {@link #OTHER}. */
  public String bound(String value) {
    return values.contains(value) ? value : OTHER;
  }

  /** All of them. */
  public Set<String> values() {
    return values;
  }
}
