package io.winnow.decoder.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.winnow.decoder.access.AccessConfig;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.generation.FakeDecoderRuntime;
import io.winnow.decoder.generation.FakeText;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.v1.ModelManifest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What two services that share their Tritons say of themselves. */
class LoadGaugesTest {

  @Test
  void workIsEachOnesOwnAndRoomIsWhatOthersLeave() {
    // Three servers of 8 slots are full: one service has 20 generations there, the other 4.
    Map<String, Double> one = gauges(load(5, 20, 2000, new RuntimeLoad.Others(7, 4, 400)));
    Map<String, Double> other = gauges(load(7, 4, 400, new RuntimeLoad.Others(5, 20, 2000)));

    assertThat(one.get("winnow.decoder.requests.queued")).isEqualTo(5);
    assertThat(one.get("winnow.decoder.requests.running")).isEqualTo(20);
    assertThat(one.get("winnow.decoder.generations.queued")).isEqualTo(5);
    assertThat(one.get("winnow.decoder.slots.used")).isEqualTo(20);
    assertThat(one.get("winnow.decoder.slots")).isEqualTo(20);
    assertThat(one.get("winnow.decoder.kv.used.bytes")).isEqualTo(2000);
    assertThat(one.get("winnow.decoder.kv.limit.bytes")).isEqualTo(2600);
    assertThat(one.get("winnow.decoder.kv.usage.ratio")).isEqualTo(0.8);
    assertThat(other.get("winnow.decoder.kv.usage.ratio")).isEqualTo(0.8);
    assertThat(one.get("winnow.decoder.slots") + other.get("winnow.decoder.slots")).isEqualTo(24);
  }

  @Test
  void aRuntimeOfItsOwnIsAllRoom() {
    Map<String, Double> gauges = gauges(load(0, 3, 600, RuntimeLoad.Others.NONE));

    assertThat(gauges.get("winnow.decoder.slots")).isEqualTo(24);
    assertThat(gauges.get("winnow.decoder.kv.limit.bytes")).isEqualTo(3000);
    assertThat(gauges.get("winnow.decoder.kv.usage.ratio")).isEqualTo(0.2);
  }

  private static RuntimeLoad load(int queued, int running, long bytes, RuntimeLoad.Others others) {
    return new RuntimeLoad(queued, running, 24, bytes, 3000, others);
  }

  private static Map<String, Double> gauges(RuntimeLoad load) {
    ModelManifest manifest = ModelManifest.newBuilder().setName("demo").build();
    FakeDecoderRuntime runtime = new FakeDecoderRuntime(manifest.getDecoder(), () -> Runnable::run);
    runtime.report(load);
    AccessConfig access =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(AccessConfig.class)
            .build()
            .getConfigMapping(AccessConfig.class);
    Admission admission = new Admission(access, (delay, task) -> () -> {});
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    new DecoderMetrics(registry, List.of("demo"))
        .watch(
            List.of(new AnsweringModel(manifest, 0, new FakeText(), runtime)), admission, () -> 0);
    Map<String, Double> values = new HashMap<>();
    for (Meter meter : registry.getMeters()) {
      if (meter instanceof Gauge gauge) {
        values.put(gauge.getId().getName(), gauge.value());
      }
    }
    return values;
  }
}
