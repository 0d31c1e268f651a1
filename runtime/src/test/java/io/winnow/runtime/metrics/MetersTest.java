package io.winnow.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetersTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Meters meters = new Meters(registry);

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "Demo", "demo ", "demo\n", "../demo", "{le=\"1\"}", "\u0000", "ü"})
  void everyUnknownValueIsOther(String odd) {
    assertThat(new KnownValues(Set.of("demo")).bound(odd)).isEqualTo(KnownValues.OTHER);
  }

  @Test
  void aKnownValueStaysItself() {
    assertThat(new KnownValues(Set.of("demo")).bound("demo")).isEqualTo("demo");
  }

  @ParameterizedTest
  @EnumSource(Buckets.class)
  void bucketsAscend(Buckets buckets) {
    assertThat(buckets.bounds()).isSorted().doesNotHaveDuplicates();
    assertThat(Arrays.stream(buckets.bounds())).allMatch(bound -> !bound.isZero());
  }

  @Test
  void aHistogramHasTheBucketsOfItsKind() {
    Timer timer = meters.histogram("wait", "A wait.", Buckets.FIRST_TOKEN, Tags.empty());
    timer.record(Duration.ofMillis(1));

    assertThat(timer.takeSnapshot().histogramCounts())
        .hasSize(Buckets.FIRST_TOKEN.bounds().length)
        .anySatisfy(
            bucket -> {
              assertThat(bucket.bucket(TimeUnit.MILLISECONDS)).isEqualTo(1);
              assertThat(bucket.count()).isEqualTo(1);
            });
  }

  @Test
  void countsProcessorTimeInSeconds() {
    meters.processorTime();

    assertThat(registry.get("process.cpu").functionCounter().count()).isBetween(0.001, 36_000.0);
  }

  @Test
  void leavesOutMetersWithOddNamesOnly() {
    registry.config().meterFilter(Meters.withoutOddNames());
    meters.counter("process.cpu.time", "Odd.", Tags.empty());
    meters.counter("system.cpu.count", "Odd.", Tags.empty());
    meters.counter("process.cpu.usage", "Fine.", Tags.empty());

    assertThat(registry.getMeters())
        .extracting(Meter::getId)
        .extracting(Meter.Id::getName)
        .containsExactly("process.cpu.usage");
  }
}
