package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.access.Callers;
import io.winnow.decoder.chat.FakeChatService.Script;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class AccessTest {

  private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final Callers ONE_KEY = key -> key.filter("sk-good"::equals).map(found -> "team");

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer", "Bearer sk-bad", "Basic sk-good", "sk-good"})
  void refusesCallersWithoutAKnownKey(String authorization) {
    try (ApiServer server = ApiServer.start(Map.of(), ONE_KEY)) {
      for (String path : List.of(ApiServer.CHAT, "/v1/models", "/v1/models/demo")) {
        HttpRequest.Builder request = server.to(path);
        if (!authorization.isEmpty()) {
          request.header("authorization", authorization);
        }
        HttpResponse<String> response =
            path.equals(ApiServer.CHAT) ? server.send(request, BODY) : server.send(request);

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).contains("\"code\":\"invalid_api_key\"");
        assertThat(response.headers().firstValue("www-authenticate")).contains("Bearer");
      }
    }
  }

  @Test
  void letsKnownCallersIn() {
    try (ApiServer server = ApiServer.start(Map.of(), ONE_KEY)) {
      HttpRequest.Builder request =
          server.to(ApiServer.CHAT).header("authorization", "bearer sk-good");

      assertThat(server.send(request, BODY).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesMoreThanTheLineHolds() throws Exception {
    Map<String, String> limits =
        Map.of("winnow.access.max-concurrent", "1", "winnow.access.max-waiting-per-key", "1");
    CompletableFuture<Void> go = new CompletableFuture<>();
    try (ApiServer server = ApiServer.start(limits)) {
      server.chat.answerBy(request -> Script.of("ok").after(go));
      CompletableFuture<HttpResponse<String>> running = server.postAsync(BODY);
      server.chat.calls().take();
      List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
      others.add(server.postAsync(BODY));
      others.add(server.postAsync(BODY));

      // Whichever of the two comes second finds the line full, while the other still waits in it.
      HttpResponse<String> refused =
          (HttpResponse<String>)
              CompletableFuture.anyOf(others.toArray(CompletableFuture[]::new)).join();
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.body()).contains("\"code\":\"rate_limit_exceeded\"");
      assertThat(refused.headers().firstValue("retry-after")).contains("1");

      go.complete(null);
      assertThat(running.join().statusCode()).isEqualTo(200);
      assertThat(others.stream().map(other -> other.join().statusCode()))
          .containsExactlyInAnyOrder(200, 429);
    }
  }

  @Test
  void refusesWhoWaitsTooLong() throws Exception {
    Map<String, String> limits =
        Map.of("winnow.access.max-concurrent", "1", "winnow.access.max-wait", "50ms");
    try (ApiServer server = ApiServer.start(limits)) {
      server.chat.answerBy(request -> Script.of("ok").after(new CompletableFuture<>()));
      CompletableFuture<HttpResponse<String>> running = server.postAsync(BODY);
      server.chat.calls().take();

      assertThat(server.post(BODY).statusCode()).isEqualTo(429);
      assertThat(running).isNotDone();
    }
  }

  @Test
  void servesKeysInTurn() throws Exception {
    Callers byKey = key -> Optional.of(key.orElse("nobody"));
    Map<String, String> limits = Map.of("winnow.access.max-concurrent", "1");
    CompletableFuture<Void> go = new CompletableFuture<>();
    try (ApiServer server = ApiServer.start(limits, byKey)) {
      server.chat.answerBy(request -> Script.of("ok").after(go));
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      all.add(ask(server, "busy", "busy 0"));
      String first = server.chat.calls().take().request().model().orElseThrow();
      for (int i = 1; i <= 3; i++) {
        all.add(ask(server, "busy", "busy " + i));
        awaitWaiting(server, i);
      }
      all.add(ask(server, "quiet", "quiet 0"));
      awaitWaiting(server, 4);

      go.complete(null);
      all.forEach(CompletableFuture::join);

      assertThat(first).isEqualTo("busy 0");
      assertThat(server.chat.calls().stream().map(call -> call.request().model().orElseThrow()))
          .containsExactly("busy 1", "quiet 0", "busy 2", "busy 3");
    }
  }

  private static CompletableFuture<HttpResponse<String>> ask(
      ApiServer server, String key, String model) {
    HttpRequest.Builder request =
        server.to(ApiServer.CHAT).header("authorization", "Bearer " + key);
    return server.sendAsync(request, BODY.replace("{\"m", "{\"model\":\"" + model + "\",\"m"));
  }

  private static void awaitWaiting(ApiServer server, int count) {
    while (server.admission.load().waiting() < count) {
      Thread.onSpinWait();
    }
  }
}
