package io.winnow.runtime.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * One counter for each constant of an enum, all there from the start. Thread-safe.
 *
 * @param <E> what is told apart
 */
public final class EnumCounters<E extends Enum<E>> {

  private final List<Counter> counters; // by ordinal

  EnumCounters(Class<E> type, Function<String, Counter> counterOf) {
    counters =
        Arrays.stream(type.getEnumConstants())
            .map(constant -> counterOf.apply(label(constant)))
            .toList();
  }

  /** How a constant is written in a label. */
  public static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  public void increment(E constant) {
    counters.get(constant.ordinal()).increment();
  }
}
