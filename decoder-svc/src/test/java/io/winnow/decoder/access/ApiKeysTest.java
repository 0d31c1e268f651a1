package io.winnow.decoder.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiKeysTest {

  @TempDir private Path folder;

  @Test
  void knowsKeysByName() {
    ApiKeys keys =
        ApiKeys.parse(
            "# our keys\n\nsk-1 = team one\r\n  sk-2=  = two\nsk-3 =\nsk-old = two\nc2Vj==\n");

    assertThat(keys.size()).isEqualTo(5);
    assertThat(keys.identify(Optional.of("sk-1"))).contains("team one");
    assertThat(keys.identify(Optional.of("sk-2="))).contains("two");
    assertThat(keys.identify(Optional.of("sk-old"))).contains("two");
    assertThat(keys.identify(Optional.of("sk-3")))
        .hasValueSatisfying(name -> assertThat(name).matches("key-[0-9a-f]{8}"));
    assertThat(keys.identify(Optional.of("c2Vj=="))).isPresent();
  }

  @Test
  void letsNobodyElseIn() {
    ApiKeys keys = ApiKeys.parse("sk-1 = one\n");

    assertThat(keys.identify(Optional.of("sk-11"))).isEmpty();
    assertThat(keys.identify(Optional.of("# our keys"))).isEmpty();
    assertThat(keys.identify(Optional.of("one"))).isEmpty();
    assertThat(keys.identify(Optional.empty())).isEmpty();
    assertThat(ApiKeys.parse("").identify(Optional.of(""))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ok\nsecret key", "ok\n = name", "ok\nsame\nsame = b"})
  void namesTheLineAtFaultButNotTheKey(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ApiKeys.parse(text))
        .withMessageMatching("line [23].*")
        .withMessageNotContainingAny("secret", "same");
  }

  @Test
  void takesUpAChangedFile() throws IOException {
    Path path = Files.writeString(folder.resolve("keys"), "old\n");
    ApiKeyFile file = ApiKeyFile.open(path);

    Files.writeString(path, "new\n");
    assertThat(file.identify(Optional.of("new"))).isEmpty();
    file.refresh();

    assertThat(file.identify(Optional.of("new"))).isPresent();
    assertThat(file.identify(Optional.of("old"))).isEmpty();
  }

  @Test
  void keepsItsKeysWhenTheFileBreaks() throws IOException {
    Path path = Files.writeString(folder.resolve("keys"), "old\n");
    ApiKeyFile file = ApiKeyFile.open(path);

    Files.write(path, new byte[] {(byte) 0xFF});
    file.refresh();
    assertThat(file.identify(Optional.of("old"))).isPresent();
    Files.writeString(path, "two words\n");
    file.refresh();
    assertThat(file.identify(Optional.of("old"))).isPresent();
    Files.delete(path);
    file.refresh();
    assertThat(file.identify(Optional.of("old"))).isPresent();
    Files.writeString(path, "new\n");
    file.refresh();
    assertThat(file.identify(Optional.of("new"))).isPresent();
  }

  @Test
  void doesNotStartWithoutItsFile() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ApiKeyFile.open(folder.resolve("none")))
        .withMessageContaining("winnow.access.key-file");
  }
}
