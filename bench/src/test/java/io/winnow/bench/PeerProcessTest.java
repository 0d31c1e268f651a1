package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class PeerProcessTest {

  @TempDir private Path folder;

  @Test
  void asksAsOftenAsItLikes() throws Exception {
    String engine =
        """
        echo '{"version": "engine 1.0"}'
        while read prompt further; do
          echo "{\\"prefill_ms\\": $prompt.5, \\"token_ms\\": $further}"
        done
        """;
    try (PeerProcess peer = start(engine)) {
      assertThat(peer.version()).isEqualTo("engine 1.0");
      assertThat(peer.measure(636, 32)).isEqualTo(new PeerProcess.Times(636.5, 32));
      assertThat(peer.measure(10, 2)).isEqualTo(new PeerProcess.Times(10.5, 2));
    }
  }

  @Test
  void saysWhyAnEngineCannotTakePart() {
    assertThatThrownBy(() -> start("echo '{\"unavailable\": \"no such precision\"}'"))
        .isInstanceOf(IOException.class)
        .hasMessage("no such precision");
  }

  @Test
  void anEngineThatEndsIsNoAnswer() {
    assertThatThrownBy(() -> start("exit 1")).hasMessageContaining("ended without an answer");
  }

  private PeerProcess start(String script) throws IOException {
    return PeerProcess.start(List.of("sh", "-c", script), folder.resolve("log"));
  }
}
