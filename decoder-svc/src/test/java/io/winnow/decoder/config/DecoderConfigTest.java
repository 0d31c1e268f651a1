package io.winnow.decoder.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecoderConfigTest {

  @Test
  void hasTheseDefaults() {
    DecoderConfig config = config(Map.of());

    assertThat(config.encoder().target()).isEqualTo("127.0.0.1:7101");
    assertThat(config.pruner().target()).isEqualTo("127.0.0.1:7102");
    DecoderConfig.Decoder own = config.decoder();
    assertThat(own.defaultModel()).isEmpty();
    assertThat(own.maxAnswers()).isEqualTo(128);
    assertThat(own.maxPictures()).isEqualTo(8);
    assertThat(own.maxPictureBytes().asLongValue()).isEqualTo(16 << 20);
    assertThat(own.maxPicturesBytes().asLongValue()).isEqualTo(256 << 20);
    assertThat(own.answerTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(own.planTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(own.verdictTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(own.stalledReaderTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(own.drainTimeout()).isEqualTo(Duration.ofSeconds(25));
    assertThat(own.slots()).isEqualTo(8);
    assertThat(own.slotCapacities()).isEmpty();
    assertThat(own.kvBytes().asLongValue()).isEqualTo(1 << 30);
    assertThat(own.intraOpThreads()).isEmpty();
    DecoderConfig.Calibration calibration = own.calibration();
    assertThat(calibration.maxStreams()).isEqualTo(1);
    assertThat(calibration.maxPrompts()).isEqualTo(1024);
    assertThat(calibration.maxBytes().asLongValue()).isEqualTo(512 << 20);
    assertThat(calibration.timeout()).isEqualTo(Duration.ofHours(2));
    assertThat(calibration.idleTimeout()).isEqualTo(Duration.ofMinutes(2));
  }

  @Test
  void readsTheseKeys() {
    Map<String, String> keys = new HashMap<>();
    keys.put("winnow.encoder.target", "encoder:1");
    keys.put("winnow.pruner.target", "pruner:2");
    keys.put("winnow.decoder.default-model", "demo");
    keys.put("winnow.decoder.max-answers", "3");
    keys.put("winnow.decoder.max-pictures", "4");
    keys.put("winnow.decoder.max-picture-bytes", "5");
    keys.put("winnow.decoder.max-pictures-bytes", "6");
    keys.put("winnow.decoder.answer-timeout", "7s");
    keys.put("winnow.decoder.plan-timeout", "8s");
    keys.put("winnow.decoder.verdict-timeout", "80ms");
    keys.put("winnow.decoder.stalled-reader-timeout", "9s");
    keys.put("winnow.decoder.drain-timeout", "10s");
    keys.put("winnow.decoder.slots", "11");
    keys.put("winnow.decoder.slot-capacities", "12,13");
    keys.put("winnow.decoder.kv-bytes", "14");
    keys.put("winnow.decoder.intra-op-threads", "15");
    DecoderConfig config = config(keys);

    assertThat(config.models()).isEqualTo(Path.of("models"));
    assertThat(config.encoder().target()).isEqualTo("encoder:1");
    assertThat(config.pruner().target()).isEqualTo("pruner:2");
    DecoderConfig.Decoder own = config.decoder();
    assertThat(own.defaultModel()).contains("demo");
    assertThat(own.maxAnswers()).isEqualTo(3);
    assertThat(own.maxPictures()).isEqualTo(4);
    assertThat(own.maxPictureBytes().asLongValue()).isEqualTo(5);
    assertThat(own.maxPicturesBytes().asLongValue()).isEqualTo(6);
    assertThat(own.answerTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(own.planTimeout()).isEqualTo(Duration.ofSeconds(8));
    assertThat(own.verdictTimeout()).isEqualTo(Duration.ofMillis(80));
    assertThat(own.stalledReaderTimeout()).isEqualTo(Duration.ofSeconds(9));
    assertThat(own.drainTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(own.slots()).isEqualTo(11);
    assertThat(own.slotCapacities()).contains(List.of(12, 13));
    assertThat(own.kvBytes().asLongValue()).isEqualTo(14);
    assertThat(own.intraOpThreads()).hasValue(15);
  }

  @Test
  void readsTheseKeysOfCalibration() {
    DecoderConfig.Calibration calibration =
        config(
                Map.of(
                    "winnow.decoder.calibration.max-streams", "16",
                    "winnow.decoder.calibration.max-prompts", "17",
                    "winnow.decoder.calibration.max-bytes", "18",
                    "winnow.decoder.calibration.timeout", "19s",
                    "winnow.decoder.calibration.idle-timeout", "20s"))
            .decoder()
            .calibration();

    assertThat(calibration.maxStreams()).isEqualTo(16);
    assertThat(calibration.maxPrompts()).isEqualTo(17);
    assertThat(calibration.maxBytes().asLongValue()).isEqualTo(18);
    assertThat(calibration.timeout()).isEqualTo(Duration.ofSeconds(19));
    assertThat(calibration.idleTimeout()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void refusesAnUnknownKey() {
    assertThatThrownBy(() -> config(Map.of("winnow.decoder.max-answer", "7")))
        .hasMessageContaining("winnow.decoder.max-answer");
  }

  @Test
  void needsAModelRepository() {
    assertThatThrownBy(() -> build(Map.of())).hasMessageContaining("winnow.models");
  }

  private static DecoderConfig config(Map<String, String> values) {
    Map<String, String> all = new HashMap<>(values);
    all.put("winnow.models", "models");
    return build(all);
  }

  private static DecoderConfig build(Map<String, String> values) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(DecoderConfig.class)
        .withSources(new PropertiesConfigSource(values, "test", 100))
        .build()
        .getConfigMapping(DecoderConfig.class);
  }
}
