package io.winnow.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerReaderTest {

  private final List<String> shown = new ArrayList<>();
  private final AnswerReader reader = new AnswerReader(shown::add);

  @Test
  void putsTheAnswerTogetherAndShowsItAsItComes() throws IOException {
    feed(
        "data: {\"model\":\"demo\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
        "",
        ": a comment",
        "data: {\"model\":\"demo\",\"usage\":null,\"choices\":[{\"delta\":{\"content\":\"bottom\"}}]}",
        "",
        "data: {\"model\":\"demo\",\"choices\":[{\"delta\":{\"content\":\" left\"}}]}",
        "data: {\"model\":\"demo\",\"choices\":[{\"delta\":{}}],\"timings_ms\":{\"encode\":1.5},"
            + "\"visual_token_reduction\":{\"method\":\"none\"}}",
        "data: {\"model\":\"demo\",\"choices\":[],\"usage\":{\"prompt_tokens\":590}}",
        "data: [DONE]");

    Answer answer = reader.finish();

    assertThat(shown).containsExactly("bottom", " left");
    assertThat(answer.text()).isEqualTo("bottom left");
    assertThat(answer.model()).isEqualTo("demo");
    assertThat(answer.usage().path("prompt_tokens").asInt()).isEqualTo(590);
    assertThat(answer.timingsMillis().path("encode").asDouble()).isEqualTo(1.5);
    assertThat(answer.reduction().path("method").asText()).isEqualTo("none");
  }

  @Test
  void reportsAFailureAfterTheFirstToken() {
    assertThatThrownBy(() -> feed("data: {\"error\":{\"message\":\"the service is stopping\"}}"))
        .isInstanceOf(IOException.class)
        .hasMessage("the service is stopping");
  }

  @Test
  void refusesAnAnswerThatWasCutOff() throws IOException {
    feed("data: {\"choices\":[{\"delta\":{\"content\":\"bot\"}}]}");

    assertThatThrownBy(reader::finish).hasMessageContaining("cut off");
  }

  @Test
  void takesTheServicesOwnMessageFromAnErrorBody() {
    assertThat(AnswerReader.errorMessage(400, "{\"error\":{\"message\":\"not a picture\"}}"))
        .isEqualTo("not a picture");
    assertThat(AnswerReader.errorMessage(502, "<html>")).contains("502");
    assertThat(AnswerReader.errorMessage(500, "{}")).contains("500");
  }

  private void feed(String... lines) throws IOException {
    for (String line : lines) {
      reader.line(line);
    }
  }
}
