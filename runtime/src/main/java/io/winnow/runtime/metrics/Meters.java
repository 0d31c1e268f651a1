package io.winnow.runtime.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import java.lang.management.ManagementFactory;
import java.util.function.ToDoubleFunction;

/**
 * Makes the meters of a service. Names are dotted; Prometheus appends the unit, and {@code _total}
 * for counters. Register a meter for every value of its labels at the start: a series that first
 * appears with its first event hides that event from {@code rate}.
 */
public final class Meters {

  private static final String SECONDS = "seconds";
  private static final double NANOS = 1e9;

  private final MeterRegistry registry;

  public Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Counts events. */
  public Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }

  /** Counts events of several kinds, told apart by a label. */
  public <E extends Enum<E>> EnumCounters<E> counters(
      String name, String description, String label, Class<E> kinds, Tags tags) {
    return new EnumCounters<>(kinds, kind -> counter(name, description, tags.and(label, kind)));
  }

  /** Counts amounts of a unit, for example bytes. */
  public Counter counter(String name, String unit, String description, Tags tags) {
    return Counter.builder(name)
        .baseUnit(unit)
        .description(description)
        .tags(tags)
        .register(registry);
  }

  /**
   * Counts what something else has counted already.
   *
   * @param source held weakly: its owner keeps it
   */
  public <T> void counter(
      String name, String description, Tags tags, T source, ToDoubleFunction<T> count) {
    FunctionCounter.builder(name, source, count)
        .description(description)
        .tags(tags)
        .register(registry);
  }

  /** Distributes durations over buckets. */
  public Timer histogram(String name, String description, Buckets buckets, Tags tags) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(buckets.bounds())
        .tags(tags)
        .register(registry);
  }

  /** Shows a number as it is when it is asked for. */
  public <T> void gauge(
      String name, String description, Tags tags, T source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, value)
        .description(description)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /**
   * The processor time of this process, as Prometheus' own clients name it. Micrometer's is in
   * nanoseconds: see {@link #withoutOddNames}.
   */
  public void processorTime() {
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      FunctionCounter.builder("process.cpu", system, bean -> bean.getProcessCpuTime() / NANOS)
          .baseUnit(SECONDS)
          .description("Processor time that the process has used.")
          .register(registry);
    }
  }

  /** Leaves out the two meters of Micrometer's that break Prometheus' rules for names. */
  public static MeterFilter withoutOddNames() {
    return MeterFilter.deny(
        id -> id.getName().equals("process.cpu.time") || id.getName().equals("system.cpu.count"));
  }
}
