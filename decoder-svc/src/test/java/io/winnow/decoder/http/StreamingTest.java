package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.FakeChatService.Call;
import io.winnow.decoder.chat.FakeChatService.Script;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures, slow readers and clients that leave, before and after the first token. */
@Timeout(120)
final class StreamingTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WHOLE = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String STREAM =
      "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final int ENDLESS = Integer.MAX_VALUE;
  private static final int RECEIVE_BUFFER = 4096;

  private final ApiServer server = ApiServer.start(Map.of("winnow.http.stall-timeout", "1s"));

  @AfterEach
  void close() {
    server.close();
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        arguments(Reason.INVALID_REQUEST, 400, "invalid_request_error", "invalid_value"),
        arguments(
            Reason.CONTEXT_LENGTH_EXCEEDED,
            400,
            "invalid_request_error",
            "context_length_exceeded"),
        arguments(Reason.PICTURE_UNREADABLE, 400, "invalid_request_error", "invalid_image"),
        arguments(Reason.PICTURE_TOO_LARGE, 400, "invalid_request_error", "image_too_large"),
        arguments(Reason.PICTURE_URL_REFUSED, 400, "invalid_request_error", "invalid_image_url"),
        arguments(Reason.MODEL_NOT_FOUND, 404, "invalid_request_error", "model_not_found"),
        arguments(Reason.UNAUTHENTICATED, 401, "invalid_request_error", "invalid_api_key"),
        arguments(Reason.RATE_LIMITED, 429, "rate_limit_error", "rate_limit_exceeded"),
        arguments(Reason.OVERLOADED, 503, "server_error", "overloaded"),
        arguments(Reason.TIMEOUT, 504, "server_error", "timeout"),
        arguments(Reason.CANCELLED, 499, "server_error", "cancelled"),
        arguments(Reason.UNAVAILABLE, 503, "server_error", "unavailable"),
        arguments(Reason.INTERNAL, 500, "server_error", "internal_error"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void answersAFailureBeforeTheFirstTokenWithItsStatus(
      Reason reason, int status, String type, String code) throws Exception {
    ChatFailure failure = ChatFailure.of(reason, "No good.", "messages[0]");
    server.chat.answerBy(request -> Script.failing(failure));
    String error =
        "{\"error\":{\"message\":\"No good.\",\"type\":\"%s\",\"param\":\"messages[0]\",\"code\":\"%s\"}}"
            .formatted(type, code);

    for (String body : List.of(WHOLE, STREAM)) {
      HttpResponse<String> response = server.post(body);

      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(response.body()).isEqualTo(error);
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
      assertThat(response.headers().firstValue("retry-after").isPresent())
          .isEqualTo(status == 429 || status == 503);
    }
  }

  @ParameterizedTest
  @MethodSource("failures")
  void answersAFailedCountWithItsStatus(Reason reason, int status, String type, String code)
      throws Exception {
    server.chat.failCountsWith(ChatFailure.of(reason, "No good."));

    HttpResponse<String> response = server.post(WHOLE.replace("{\"m", "{\"dry_run\":true,\"m"));

    assertThat(response.statusCode()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("param").isNull()).isTrue();
  }

  @Test
  void sendsAFailureAfterTheFirstTokenAsTheLastEvent() {
    server.chat.answerBy(
        request -> Script.of("Hel").thenFailing(ChatFailure.of(Reason.UNAVAILABLE, "Gone.")));

    HttpResponse<String> response = server.post(STREAM);

    assertThat(response.statusCode()).isEqualTo(200);
    List<String> events = List.of(response.body().split("\n\n"));
    assertThat(events).hasSize(3);
    assertThat(events.get(1)).contains("\"content\":\"Hel\"");
    assertThat(events.get(2))
        .isEqualTo(
            "data: {\"error\":{\"message\":\"Gone.\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"unavailable\"}}");
  }

  @Test
  void answersAFailureAfterTheFirstTokenWithItsStatusWhenNotStreaming() {
    server.chat.answerBy(
        request -> Script.of("Hel").thenFailing(ChatFailure.of(Reason.TIMEOUT, "Too late.")));

    HttpResponse<String> response = server.post(WHOLE);

    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).contains("Too late.").doesNotContain("Hel");
  }

  @Test
  void tellsNothingOfADefect() {
    server.chat.answerBy(
        request -> {
          throw new IllegalStateException("secret of the house");
        });

    HttpResponse<String> response = server.post(WHOLE);

    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("internal_error").doesNotContain("secret");
    assertThat(server.admission.load().running()).isZero();
  }

  @Test
  void sendsNoHeadersBeforeTheFirstToken() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    ChatFailure failure = ChatFailure.of(Reason.OVERLOADED, "Full.");
    server.chat.answerBy(request -> Script.failing(failure).after(go));
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(STREAM));
      server.chat.calls().take();

      go.complete(null);

      assertThat(client.head().status()).isEqualTo(503);
    }
  }

  @Test
  void stopsAskingForTokensWhenTheClientStopsReading() throws Exception {
    // Large events fill the sockets' buffers after few of them.
    String text = "x".repeat(10_000);
    server.chat.answerBy(request -> Script.deltas(ENDLESS, i -> new AnswerDelta(text, List.of())));
    try (RawClient client = new RawClient(server.port(), RECEIVE_BUFFER)) {
      client.send(RawClient.post(STREAM));
      Call call = server.chat.calls().take();

      // A client that takes nothing for the stall timeout is let go, and the answer with it.
      call.cancelled().get(20, TimeUnit.SECONDS);

      // 5,000 of them are 50 MB, more than any socket holds.
      assertThat(call.sent()).isLessThan(5000);
    }
    assertNothingHeld();
  }

  @Test
  void goesOnWhenASlowClientReadsAgain() throws Exception {
    String text = "x".repeat(10_000);
    int count = 2000;
    try (ApiServer patient = ApiServer.start(); // slow is not stalled, however busy the machine is
        RawClient client = new RawClient(patient.port(), RECEIVE_BUFFER)) {
      patient.chat.answerBy(request -> Script.deltas(count, i -> new AnswerDelta(text, List.of())));
      client.send(RawClient.post(STREAM, "connection: close"));
      assertThat(client.head().status()).isEqualTo(200);
      int events = 0;
      for (String line = client.line(); !line.equals("data: [DONE]"); line = client.line()) {
        events += line.startsWith("data: ") ? 1 : 0;
      }

      assertThat(events).isEqualTo(count + 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {STREAM, WHOLE})
  void cancelsTheAnswerWhenTheClientLeavesBeforeIt(String body) throws Exception {
    server.chat.answerBy(request -> Script.of("x").after(new CompletableFuture<>()));
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(body));
      Call call = server.chat.calls().take();
      client.close();

      call.cancelled().get(20, TimeUnit.SECONDS);
    }
    assertNothingHeld();
  }

  @Test
  void cancelsTheAnswerWhenTheClientLeavesInTheMiddleOfIt() throws Exception {
    server.chat.answerBy(
        request -> Script.deltas(ENDLESS, i -> new AnswerDelta("word ", List.of())));
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(STREAM));
      assertThat(client.head().status()).isEqualTo(200);
      Call call = server.chat.calls().take();
      client.close();

      call.cancelled().get(20, TimeUnit.SECONDS);
    }
    assertNothingHeld();
  }

  @Test
  void speaksHttp2() throws Exception {
    HttpClient http2 = ApiServer.client(HttpClient.Version.HTTP_2);
    HttpRequest request = server.to(ApiServer.CHAT).POST(BodyPublishers.ofString(STREAM)).build();

    HttpResponse<String> response = http2.send(request, BodyHandlers.ofString());

    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(response.body()).endsWith("data: [DONE]\n\n");
  }

  @Test
  void cancelsTheAnswerWhenAnHttp2ClientResetsItsStream() throws Exception {
    server.chat.answerBy(
        request -> Script.deltas(ENDLESS, i -> new AnswerDelta("word ", List.of())));
    HttpClient http2 = ApiServer.client(HttpClient.Version.HTTP_2);
    HttpRequest request = server.to(ApiServer.CHAT).POST(BodyPublishers.ofString(STREAM)).build();

    http2.send(request, BodyHandlers.ofInputStream()).body().close();

    server.chat.calls().take().cancelled().get(20, TimeUnit.SECONDS);
    assertNothingHeld();
  }

  /** The place and the bytes come back with the terminal event, a hop after the cancellation. */
  private void assertNothingHeld() {
    server.chat.answerBy(request -> Script.of("ok"));
    assertThat(server.post(WHOLE).statusCode()).isEqualTo(200);
    while (server.admission.load().running() > 0) {
      Thread.onSpinWait(); // the other connection's event loop may not have got to it
    }
    while (server.budget.free() < 256L << 20) {
      Thread.onSpinWait();
    }
    assertThat(server.budget.free()).isEqualTo(256L << 20);
  }
}
