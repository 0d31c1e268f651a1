package io.winnow.pruner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrunerConfigTest {

  @TempDir private Path folder;

  @Test
  void hasTheseDefaults() {
    PrunerConfig config = config(Map.of());

    assertThat(config.maxStreams()).isEqualTo(4096);
    assertThat(config.idleTimeout()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.recipes().folder()).isEmpty();
    assertThat(config.recipes().reload()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.auto().minAccuracy()).isEqualTo(0.98);
    assertThat(config.auto().minSaving()).isEqualTo(0.1);
    assertThat(config.auto().minSavedTime()).isEqualTo(Duration.ofMillis(1));
    assertThat(config.auto().lowDetailKeepRatio()).isEqualTo(0.25);
    assertThat(config.calibration().maxStreams()).isEqualTo(2);
    assertThat(config.gates().repository()).isEmpty();
    assertThat(config.gates().threads()).isEqualTo(2);
  }

  @Test
  void readsAndChecksWhereGatesAre() {
    PrunerConfig config =
        config(
            Map.of(
                "winnow.pruner.gates.repository",
                folder.toString(),
                "winnow.pruner.gates.threads",
                "3"));
    assertThat(config.gates().repository()).contains(folder);
    assertThat(config.gates().threads()).isEqualTo(3);
    assertThat(PrunerConfigProblems.of(config)).isEmpty();

    Path nowhere = folder.resolve("nowhere");
    assertThat(
            PrunerConfigProblems.of(
                config(
                    Map.of(
                        "winnow.pruner.gates.repository",
                        nowhere.toString(),
                        "winnow.pruner.gates.threads",
                        "0"))))
        .containsExactly(
            "winnow.pruner.gates.repository is " + nowhere + ", no folder",
            "winnow.pruner.gates.threads is 0, must be at least 1");
  }

  @Test
  void readsTheseKeys() {
    PrunerConfig config =
        config(
            Map.of(
                "winnow.pruner.max-streams", "7",
                "winnow.pruner.idle-timeout", "3s",
                "winnow.pruner.drain-timeout", "2s",
                "winnow.pruner.recipes.folder", "/recipes",
                "winnow.pruner.recipes.reload", "5s",
                "winnow.pruner.auto.min-accuracy", "0.9",
                "winnow.pruner.auto.min-saving", "0",
                "winnow.pruner.auto.min-saved-time", "5ms",
                "winnow.pruner.auto.low-detail-keep-ratio", "0.5"));

    assertThat(config.maxStreams()).isEqualTo(7);
    assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.recipes().folder()).contains(Path.of("/recipes"));
    assertThat(config.recipes().reload()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.auto().minAccuracy()).isEqualTo(0.9);
    assertThat(config.auto().minSaving()).isZero();
    assertThat(config.auto().minSavedTime()).isEqualTo(Duration.ofMillis(5));
    assertThat(config.auto().lowDetailKeepRatio()).isEqualTo(0.5);
    assertThat(
            config(Map.of("winnow.pruner.calibration.max-streams", "4")).calibration().maxStreams())
        .isEqualTo(4);
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
                        "winnow.pruner.calibration.max-streams", "-1",
                        "winnow.pruner.idle-timeout", "0s",
                        "winnow.pruner.drain-timeout", "PT-1S"))))
        .containsExactly(
            "winnow.pruner.max-streams is 0, must be at least 1",
            "winnow.pruner.idle-timeout is PT0S, must be above 0",
            "winnow.pruner.drain-timeout is PT-1S, must be above 0",
            "winnow.pruner.calibration.max-streams is -1, must be at least 0");
  }

  @Test
  void namesWhatIsWrongWithRecipesAndAuto() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThat(
            PrunerConfigProblems.of(
                config(
                    Map.of(
                        "winnow.pruner.recipes.folder", file.toString(),
                        "winnow.pruner.recipes.reload", "0s",
                        "winnow.pruner.auto.min-accuracy", "1.1",
                        "winnow.pruner.auto.min-saving", "NaN",
                        "winnow.pruner.auto.min-saved-time", "PT-1S",
                        "winnow.pruner.auto.low-detail-keep-ratio", "0"))))
        .containsExactly(
            "winnow.pruner.recipes.reload is PT0S, must be above 0",
            "winnow.pruner.recipes.folder is " + file + ", no folder",
            "winnow.pruner.auto.min-accuracy is 1.1, must be 0 to 1",
            "winnow.pruner.auto.min-saving is NaN, must be at least 0 and below 1",
            "winnow.pruner.auto.min-saved-time is PT-1S, must not be negative",
            "winnow.pruner.auto.low-detail-keep-ratio is 0.0, must be above 0 and at most 1");
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
