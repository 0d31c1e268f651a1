package io.winnow.encoder.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EncoderConfigTest {

  @Test
  void hasTheseDefaults() {
    EncoderConfig config = config(Map.of("winnow.models", "repository"));

    assertThat(config.models()).isEqualTo(Path.of("repository"));
    EncoderConfig.Encoder encoder = config.encoder();
    assertThat(encoder.maxPictureBytes().asLongValue()).isEqualTo(16L << 20);
    assertThat(encoder.maxPicturePixels()).isEqualTo(40_000_000);
    assertThat(encoder.maxUploadBytes().asLongValue()).isEqualTo(256L << 20);
    assertThat(encoder.workers()).isEqualTo(2);
    assertThat(encoder.intraOpThreads()).isEmpty();
    assertThat(encoder.maxQueued()).isEqualTo(64);
    assertThat(encoder.cacheBytes().asLongValue()).isEqualTo(256L << 20);
    assertThat(encoder.maxStreams()).isEqualTo(256);
    assertThat(encoder.idleTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(encoder.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void readsTheseKeys() {
    Map<String, String> values = new HashMap<>();
    values.put("winnow.models", "repository");
    values.put("winnow.encoder.max-picture-bytes", "1K");
    values.put("winnow.encoder.max-picture-pixels", "2");
    values.put("winnow.encoder.max-upload-bytes", "3K");
    values.put("winnow.encoder.workers", "4");
    values.put("winnow.encoder.intra-op-threads", "5");
    values.put("winnow.encoder.max-queued", "6");
    values.put("winnow.encoder.cache-bytes", "7K");
    values.put("winnow.encoder.max-streams", "8");
    values.put("winnow.encoder.idle-timeout", "9s");
    values.put("winnow.encoder.drain-timeout", "10s");
    EncoderConfig.Encoder encoder = config(values).encoder();

    assertThat(encoder.maxPictureBytes().asLongValue()).isEqualTo(1024);
    assertThat(encoder.maxPicturePixels()).isEqualTo(2);
    assertThat(encoder.maxUploadBytes().asLongValue()).isEqualTo(3 * 1024);
    assertThat(encoder.workers()).isEqualTo(4);
    assertThat(encoder.intraOpThreads()).hasValue(5);
    assertThat(encoder.maxQueued()).isEqualTo(6);
    assertThat(encoder.cacheBytes().asLongValue()).isEqualTo(7 * 1024);
    assertThat(encoder.maxStreams()).isEqualTo(8);
    assertThat(encoder.idleTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(encoder.drainTimeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void refusesUnknownKeys() {
    for (String key : new String[] {"winnow.encoder.worker", "winnow.model", "winnow.encodr.x"}) {
      assertThatThrownBy(() -> config(Map.of("winnow.models", "repository", key, "1")))
          .hasMessageContaining(key);
    }
  }

  @Test
  void needsAModelRepository() {
    assertThatThrownBy(() -> config(Map.of())).hasMessageContaining("winnow.models");
  }

  private static EncoderConfig config(Map<String, String> values) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(EncoderConfig.class)
        .withSources(new PropertiesConfigSource(values, "test", 100))
        .build()
        .getConfigMapping(EncoderConfig.class);
  }
}
