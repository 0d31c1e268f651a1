package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.winnow.decoder.access.AccessConfig;
import io.winnow.decoder.fetch.FetchConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pins every key and default of winnow.http, winnow.access and winnow.fetch. */
final class EdgeConfigTest {

  private static final Map<String, String> EVERY_KEY =
      Map.ofEntries(
          Map.entry("winnow.http.max-body-size", "1M"),
          Map.entry("winnow.http.max-buffered-size", "2M"),
          Map.entry("winnow.http.body-timeout", "3s"),
          Map.entry("winnow.http.workers", "5"),
          Map.entry("winnow.http.worker-queue", "6"),
          Map.entry("winnow.http.answer-timeout", "7s"),
          Map.entry("winnow.http.stall-timeout", "8s"),
          Map.entry("winnow.access.key-file", "keys"),
          Map.entry("winnow.access.key-file-reload", "9s"),
          Map.entry("winnow.access.max-concurrent", "10"),
          Map.entry("winnow.access.max-concurrent-per-key", "11"),
          Map.entry("winnow.access.max-waiting-per-key", "12"),
          Map.entry("winnow.access.max-wait", "13s"),
          Map.entry("winnow.fetch.enabled", "true"),
          Map.entry("winnow.fetch.allowed-hosts", "a.example,*.b.example"),
          Map.entry("winnow.fetch.ports", "8443"),
          Map.entry("winnow.fetch.max-redirects", "14"),
          Map.entry("winnow.fetch.max-pictures", "15"),
          Map.entry("winnow.fetch.max-picture-size", "16K"),
          Map.entry("winnow.fetch.timeout", "17s"));

  @Test
  void hasTheseDefaults() {
    SmallRyeConfig config = config(Map.of());

    HttpConfig http = config.getConfigMapping(HttpConfig.class);
    assertThat(http.maxBodySize().asLongValue()).isEqualTo(32L << 20);
    assertThat(http.maxBufferedSize().asLongValue()).isEqualTo(256L << 20);
    assertThat(http.bodyTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(http.workers()).isEqualTo(4);
    assertThat(http.workerQueue()).isEqualTo(1024);
    assertThat(http.answerTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(http.stallTimeout()).isEqualTo(Duration.ofSeconds(30));
    AccessConfig access = config.getConfigMapping(AccessConfig.class);
    assertThat(access.keyFile()).isEmpty();
    assertThat(access.keyFileReload()).isEqualTo(Duration.ofSeconds(5));
    assertThat(access.maxConcurrent()).isEqualTo(64);
    assertThat(access.maxConcurrentPerKey()).isEqualTo(16);
    assertThat(access.maxWaitingPerKey()).isEqualTo(256);
    assertThat(access.maxWait()).isEqualTo(Duration.ofSeconds(30));
    FetchConfig fetch = config.getConfigMapping(FetchConfig.class);
    assertThat(fetch.enabled()).isFalse();
    assertThat(fetch.allowedHosts()).isEmpty();
    assertThat(fetch.ports()).containsExactly(80, 443);
    assertThat(fetch.maxRedirects()).isEqualTo(3);
    assertThat(fetch.maxPictures()).isEqualTo(8);
    assertThat(fetch.maxPictureSize().asLongValue()).isEqualTo(16L << 20);
    assertThat(fetch.timeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void hasTheseKeys() {
    SmallRyeConfig config = config(EVERY_KEY);

    HttpConfig http = config.getConfigMapping(HttpConfig.class);
    assertThat(http.maxBodySize().asLongValue()).isEqualTo(1L << 20);
    assertThat(http.maxBufferedSize().asLongValue()).isEqualTo(2L << 20);
    assertThat(List.of(http.workers(), http.workerQueue())).containsExactly(5, 6);
    assertThat(List.of(http.bodyTimeout(), http.answerTimeout(), http.stallTimeout()))
        .containsExactly(Duration.ofSeconds(3), Duration.ofSeconds(7), Duration.ofSeconds(8));
    AccessConfig access = config.getConfigMapping(AccessConfig.class);
    assertThat(access.keyFile()).contains(Path.of("keys"));
    assertThat(access.maxConcurrent()).isEqualTo(10);
    assertThat(access.maxConcurrentPerKey()).isEqualTo(11);
    assertThat(access.maxWaitingPerKey()).isEqualTo(12);
    assertThat(List.of(access.keyFileReload(), access.maxWait()))
        .containsExactly(Duration.ofSeconds(9), Duration.ofSeconds(13));
    FetchConfig fetch = config.getConfigMapping(FetchConfig.class);
    assertThat(fetch.enabled()).isTrue();
    assertThat(fetch.allowedHosts()).contains(List.of("a.example", "*.b.example"));
    assertThat(fetch.ports()).containsExactly(8443);
    assertThat(List.of(fetch.maxRedirects(), fetch.maxPictures())).containsExactly(14, 15);
    assertThat(fetch.maxPictureSize().asLongValue()).isEqualTo(16L << 10);
    assertThat(fetch.timeout()).isEqualTo(Duration.ofSeconds(17));
  }

  @Test
  void refusesOtherKeys() {
    for (String prefix : List.of("winnow.http.", "winnow.access.", "winnow.fetch.")) {
      assertThatThrownBy(() -> config(Map.of(prefix + "nonsense", "1")))
          .hasMessageContaining("SRCFG00050")
          .hasMessageContaining(prefix + "nonsense");
    }
  }

  private static SmallRyeConfig config(Map<String, String> settings) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(HttpConfig.class)
            .withMapping(AccessConfig.class)
            .withMapping(FetchConfig.class);
    settings.forEach(builder::withDefaultValue);
    return builder.build();
  }
}
