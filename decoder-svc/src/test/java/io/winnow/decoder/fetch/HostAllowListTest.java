package io.winnow.decoder.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HostAllowListTest {

  private final HostAllowList hosts =
      new HostAllowList(List.of("Example.org", " *.pictures.example "));

  @ParameterizedTest
  @ValueSource(
      strings = {"example.org", "EXAMPLE.ORG", "a.pictures.example", "a.b.pictures.example"})
  void allowsNamesAndWhatIsBelowADomain(String host) {
    assertThat(hosts.allows(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "www.example.org",
        "example.org.evil.test",
        "notexample.org",
        "pictures.example",
        "evilpictures.example",
        "a.pictures.example.evil.test",
        "127.0.0.1",
        ""
      })
  void allowsNothingElse(String host) {
    assertThat(hosts.allows(host)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "*.", "", "a*.example", "https://example.org", "example.org:80"})
  void refusesOtherPatterns(String entry) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HostAllowList(List.of(entry)))
        .withMessageContaining("winnow.fetch.allowed-hosts");
  }

  @Test
  void refusesToAllowNobody() {
    assertThatIllegalArgumentException().isThrownBy(() -> new HostAllowList(List.of()));
  }
}
