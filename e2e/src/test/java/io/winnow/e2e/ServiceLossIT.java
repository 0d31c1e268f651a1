package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.Api.Reply;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a caller sees when a service goes. Each test has services of its own to lose. */
class ServiceLossIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final int ANSWERS = 8;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
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

  /** Some wait for a verdict as the pruner goes, the others are in line with their plans. */
  @Test
  void thePrunersLossInThePrefillCostsNothingButWhatAnExitSaves() throws Exception {
    Api api = new Api(mesh.url());
    ObjectNode body = Api.question(QUESTION);
    body.putObject("visual_token_reduction").put("method", "dyvte").put("blocking", true);
    List<CompletableFuture<Reply>> answers = new ArrayList<>();
    for (int i = 0; i < 4 * ANSWERS; i++) {
      answers.add(api.postAsync(body));
    }
    CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);

    lose(Mesh.PRUNER);

    int lost = 0;
    for (CompletableFuture<Reply> answer : answers) {
      Reply reply = answer.get(60, TimeUnit.SECONDS);
      assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
      JsonNode exit = reply.body().at("/visual_token_reduction/exit");
      if (exit.path("layer").isMissingNode() || exit.path("layer").isNull()) {
        assertThat(reply.answer()).isEqualTo(QUESTION.answer());
      }
      if (exit.path("missing").asInt() > 0) {
        assertThat(exit.path("trouble").asText()).contains("pruner-svc");
        lost++;
      }
    }
    assertThat(lost).isPositive();
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

  /** Some answers are being streamed at the stop, others are in their prefill or in line. */
  @Test
  void aStopLetsAnswersUnderWayEnd() throws Exception {
    double before = accepted();
    CountDownLatch started = new CountDownLatch(ANSWERS / 2);
    List<CompletableFuture<HttpResponse<InputStream>>> answers = new ArrayList<>();
    for (int i = 0; i < ANSWERS; i++) {
      answers.add(stream(DemoQuestion.LONGEST));
      answers.get(i).thenRun(started::countDown);
    }
    assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
    awaitAccepted(before + ANSWERS);

    assertThat(mesh.process(Mesh.DECODER).destroy()).isTrue();

    for (CompletableFuture<HttpResponse<InputStream>> answer : answers) {
      HttpResponse<InputStream> response = answer.get(60, TimeUnit.SECONDS);
      assertThat(response.statusCode()).isEqualTo(200);
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        assertThat(lines.lines().toList()).contains("data: [DONE]");
      }
    }
    assertThat(mesh.awaitExit(Mesh.DECODER)).isZero();
  }

  /** One that is read after the stop would be refused, and rightly so. */
  private void awaitAccepted(double count) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (accepted() < count) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
    }
  }

  /** Requests that decoder-svc has read: those under way, and those that have ended. */
  private double accepted() throws Exception {
    return ScrapedMetrics.sum(
        mesh.scrape(Mesh.DECODER, "text/plain"),
        "winnow_decoder_answers_live ",
        "gen_ai_server_request_duration_seconds_count{");
  }

  private void lose(String module) throws Exception {
    ProcessHandle process = mesh.process(module);
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().get(60, TimeUnit.SECONDS);
  }

  private CompletableFuture<HttpResponse<InputStream>> stream(DemoQuestion question) {
    HttpRequest request =
        HttpRequest.newBuilder(mesh.url().resolve("/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(Api.question(question).put("stream", true).toString()))
            .build();
    return http.sendAsync(request, BodyHandlers.ofInputStream());
  }
}
