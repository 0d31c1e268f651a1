package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.chat.Answer;
import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.Api.Reply;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a caller sees when a service goes. Each test has services of its own to lose. */
class ServiceLossIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final int OPEN_ANSWERS = 8;

  private TestMesh mesh;

  @BeforeEach
  void start() {
    mesh = TestMesh.start();
  }

  @AfterEach
  void stop() {
    mesh.close();
  }

  @Test
  void withoutThePrunerEveryTokenIsKeptAndTheAnswerSaysSo() throws Exception {
    lose(Mesh.PRUNER);

    Answer answer = mesh.ask(QUESTION);

    assertThat(answer.text()).isEqualTo(QUESTION.answer());
    assertThat(answer.reduction().path("method").asText()).isEqualTo("none");
    assertThat(answer.reduction().path("reason").asText()).contains("pruner");
  }

  @Test
  void withoutTheEncoderPicturesAreRefusedAndTextStillWorks() throws Exception {
    Api api = new Api(mesh.url());
    lose(Mesh.ENCODER);

    Reply refused = api.post(Api.question(QUESTION));
    Reply text = api.post(Api.text("is there a red circle?"));

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.code()).isEqualTo("unavailable");
    assertThat(refused.message()).isNotBlank().doesNotContain("Exception");
    assertThat(text.status()).isEqualTo(200);
  }

  @Test
  void aStopLetsAnswersUnderWayEnd() throws Exception {
    List<BufferedReader> open = new ArrayList<>();
    for (int i = 0; i < OPEN_ANSWERS; i++) {
      open.add(firstLineOf(stream(DemoQuestion.LONGEST)));
    }
    ProcessHandle decoder = mesh.process(Mesh.DECODER);
    assertThat(decoder.destroy()).isTrue();

    for (BufferedReader answer : open) {
      assertThat(answer.lines().toList()).contains("data: [DONE]");
    }
    decoder.onExit().get(60, TimeUnit.SECONDS);
  }

  private void lose(String module) throws Exception {
    ProcessHandle process = mesh.process(module);
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().get(60, TimeUnit.SECONDS);
  }

  private InputStream stream(DemoQuestion question) throws Exception {
    URI completions = mesh.url().resolve("/v1/chat/completions");
    HttpResponse<InputStream> response =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .build()
            .send(
                HttpRequest.newBuilder(completions)
                    .header("content-type", "application/json")
                    .POST(
                        BodyPublishers.ofString(
                            Api.question(question).put("stream", true).toString()))
                    .build(),
                BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  private static BufferedReader firstLineOf(InputStream body) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    assertThat(lines.readLine()).startsWith("data: ");
    return lines;
  }
}
