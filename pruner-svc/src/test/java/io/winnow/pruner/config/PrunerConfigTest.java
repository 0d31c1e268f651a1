package io.winnow.pruner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrunerConfigTest {

  @Test
  void hasTheseDefaults() {
    PrunerConfig config = config(Map.of());

    assertThat(config.maxStreams()).isEqualTo(4096);
    assertThat(config.idleTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void readsTheseKeys() {
    PrunerConfig config =
        config(
            Map.of(
                "winnow.pruner.max-streams", "7",
                "winnow.pruner.idle-timeout", "3s",
                "winnow.pruner.drain-timeout", "2s"));

    assertThat(config.maxStreams()).isEqualTo(7);
    assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void refusesAnUnknownKey() {
    assertThatThrownBy(() -> config(Map.of("winnow.pruner.max-stream", "7")))
        .hasMessageContaining("winnow.pruner.max-stream");
  }

  @Test
  void namesEverySettingThatIsOutOfRange() {
    assertThat(PrunerConfigProblems.of(config(Map.of()))).isEmpty();
    assertThat(
            PrunerConfigProblems.of(
                config(
                    Map.of(
                        "winnow.pruner.max-streams", "0",
                        "winnow.pruner.idle-timeout", "0s",
                        "winnow.pruner.drain-timeout", "PT-1S"))))
        .containsExactly(
            "winnow.pruner.max-streams is 0, must be at least 1",
            "winnow.pruner.idle-timeout is PT0S, must be above 0",
            "winnow.pruner.drain-timeout is PT-1S, must be above 0");
  }

  private static PrunerConfig config(Map<String, String> values) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(PrunerConfig.class)
        .withSources(new PropertiesConfigSource(values, "test", 100))
        .build()
        .getConfigMapping(PrunerConfig.class);
  }
}
