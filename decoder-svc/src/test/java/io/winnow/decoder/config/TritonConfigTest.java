package io.winnow.decoder.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.winnow.runtime.triton.TritonFleet;
import io.winnow.runtime.triton.TritonFleetSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TritonConfigTest {

  private static final Duration LONGEST = Duration.ofMinutes(6);

  @Test
  void theModelsRunHereByDefault() {
    TritonConfig config = config(Map.of());

    assertThat(config.endpoints()).isEmpty();
    assertThat(config.refreshInterval()).isEmpty();
    assertThat(config.maxReplays()).isEmpty();
    assertThat(config.stalledAfter()).isEmpty();
    assertThat(config.encodeTimeout()).isEmpty();
    assertThat(config.tls()).isEmpty();
    assertThat(TritonFleet.of(config, LONGEST)).isEmpty();
  }

  @Test
  void readsTheseKeys() {
    TritonConfig config =
        config(
            Map.of(
                "winnow.triton.endpoints", "triton-0:8001,triton-1:8001",
                "winnow.triton.refresh-interval", "1s",
                "winnow.triton.max-replays", "2",
                "winnow.triton.stalled-after", "3s",
                "winnow.triton.encode-timeout", "4s",
                "winnow.triton.tls.trust", "ca.pem",
                "winnow.triton.tls.certificate", "own.pem",
                "winnow.triton.tls.key", "own.key",
                "winnow.triton.tls.server-name", "triton.models"));

    assertThat(config.endpoints()).hasValue("triton-0:8001,triton-1:8001");
    assertThat(config.refreshInterval()).hasValue(Duration.ofSeconds(1));
    assertThat(config.maxReplays()).hasValue(2);
    assertThat(config.stalledAfter()).hasValue(Duration.ofSeconds(3));
    assertThat(config.encodeTimeout()).hasValue(Duration.ofSeconds(4));
    TritonFleetSettings.Tls tls = config.tls().orElseThrow();
    assertThat(tls.trust()).isEqualTo(Path.of("ca.pem"));
    assertThat(tls.certificate()).hasValue(Path.of("own.pem"));
    assertThat(tls.key()).hasValue(Path.of("own.key"));
    assertThat(tls.serverName()).hasValue("triton.models");
    assertThat(TritonFleet.of(config(Map.of("winnow.triton.endpoints", "triton:1")), LONGEST))
        .isPresent();
  }

  @Test
  void saysWhichSettingIsWrong() {
    assertRefused("winnow.triton.endpoints", Map.of("winnow.triton.endpoints", "triton"));
    assertRefused(
        "maxReplays",
        Map.of("winnow.triton.endpoints", "triton:1", "winnow.triton.max-replays", "-1"));
    assertRefused(
        "winnow.triton.tls.key",
        Map.of(
            "winnow.triton.endpoints", "triton:1",
            "winnow.triton.tls.trust", "ca.pem",
            "winnow.triton.tls.certificate", "own.pem"));
    assertRefused( // at the start, not at the first connection
        "winnow.triton.tls.trust is no.pem, which cannot be read",
        Map.of("winnow.triton.endpoints", "triton:1", "winnow.triton.tls.trust", "no.pem"));
  }

  @Test
  void refusesAnUnknownKey() {
    assertThatThrownBy(() -> config(Map.of("winnow.triton.endpoint", "triton:1")))
        .hasMessageContaining("winnow.triton.endpoint");
  }

  private static void assertRefused(String because, Map<String, String> values) {
    TritonConfig config = config(values);
    assertThatThrownBy(() -> TritonFleet.of(config, LONGEST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(because);
  }

  private static TritonConfig config(Map<String, String> values) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(TritonConfig.class)
        .withSources(new PropertiesConfigSource(values, "test", 100))
        .build()
        .getConfigMapping(TritonConfig.class);
  }
}
