package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.FakeChatService.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service that is about to stop, and clients that keep their connections. */
@Timeout(120)
final class KeptConnectionsTest {

  private static final String WHOLE = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String STREAM = "{\"stream\":true," + WHOLE.substring(1);
  private static final String CLOSE = "connection: close";
  private static final Duration LONG = Duration.ofHours(1);

  /** Its end comes at once. */
  private static final Duration SHORT = Duration.ofMillis(1);

  private final ApiServer server = ApiServer.start();
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void keepsConnectionsUntilTheServiceLeaves() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      for (int i = 0; i < 3; i++) {
        client.send(RawClient.post(WHOLE));
        assertThat(client.response().headers()).doesNotContain(CLOSE);
      }
    }
  }

  @Test
  void answersTheNextRequestOfAKeptConnectionAndClosesIt() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(WHOLE));
      client.response();
      server.leave(LONG);

      client.send(RawClient.post(WHOLE));
      RawClient.Response response = client.response();

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).contains("Hello world");
      assertThat(response.headers()).containsOnlyOnce(CLOSE);
      client.awaitClose();
    }
  }

  @Test
  void tellsWhoIsStillWaitingForAnAnswer() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    server.chat.answerBy(request -> Script.of("Hello").after(go));
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(WHOLE));
      server.chat.calls().take();
      server.leave(LONG);

      go.complete(null);

      assertThat(client.response().headers()).contains(CLOSE);
      client.awaitClose();
    }
  }

  @Test
  void aStreamThatBeganBeforeKeepsItsConnectionForOneMoreRequest() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    server.chat.answerBy(request -> held(go));
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(STREAM));
      assertThat(client.head().headers()).doesNotContain(CLOSE);
      server.leave(LONG);
      go.complete(null);
      readStream(client);

      server.chat.answerBy(request -> Script.of("again"));
      client.send(RawClient.post(WHOLE));

      RawClient.Response response = client.response();
      assertThat(response.body()).contains("again");
      assertThat(response.headers()).contains(CLOSE);
      client.awaitClose();
    }
  }

  @Test
  void closesConnectionsThatAreIdleAtTheEnd() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(RawClient.post(WHOLE));
      client.response();

      server.leave(SHORT);

      client.awaitClose();
    }
  }

  @Test
  void aStreamThatOutlastsTheEndComesWholeAndThenItsConnectionCloses() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    server.chat.answerBy(request -> held(go));
    try (RawClient client = new RawClient(server.port(), 0);
        RawClient idle = new RawClient(server.port(), 0)) {
      idle.send("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n");
      idle.response();
      client.send(RawClient.post(STREAM));
      client.head();
      server.leave(SHORT);
      idle.awaitClose(); // so the end has come

      go.complete(null);

      readStream(client);
      client.awaitClose();
    }
  }

  @Test
  void sendsHttp2ClientsElsewhereAndEndsTheirStreams() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    server.chat.answerBy(request -> Script.of("first", "second").after(go));
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    HttpClient client = http2(seen);
    CompletableFuture<String> live = post(client, STREAM).toCompletionStage().toCompletableFuture();
    server.chat.calls().take();
    assertThat(seen.take()).isEqualTo("connected");

    server.leave(SHORT);

    assertThat(seen.take()).isEqualTo("go away");
    server.chat.answerBy(request -> Script.of("elsewhere"));
    // What the client sends before its pool has heard is answered as well.
    while (seen.isEmpty()) {
      String next = post(client, WHOLE).toCompletionStage().toCompletableFuture().get();
      assertThat(next).contains("elsewhere");
    }
    assertThat(seen.take()).isEqualTo("connected");
    assertThat(live).isNotDone();
    go.complete(null);
    assertThat(live.get(20, TimeUnit.SECONDS)).contains("first", "second").contains("[DONE]");
  }

  @Test
  void tellsHttp2ClientsOnceTheyHaveTheirAnswer() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    HttpClient client = http2(seen);
    post(client, WHOLE).toCompletionStage().toCompletableFuture().get();
    assertThat(seen.take()).isEqualTo("connected");
    server.leave(LONG);

    String answer = post(client, WHOLE).toCompletionStage().toCompletableFuture().get();

    assertThat(answer).contains("Hello world");
    assertThat(seen.take()).isEqualTo("go away");
  }

  /** The second delta waits. */
  private static Script held(CompletableFuture<Void> go) {
    return Script.deltas(
        2,
        i -> {
          if (i == 1) {
            go.join();
          }
          return new AnswerDelta(i == 0 ? "first" : "second", List.of());
        });
  }

  /** To the end of the chunked body. */
  private static void readStream(RawClient client) throws Exception {
    boolean second = false;
    for (String line = client.line(); !line.equals("0"); line = client.line()) {
      second |= line.contains("second");
    }
    assertThat(client.line()).isEmpty();
    assertThat(second).isTrue();
  }

  private HttpClient http2(BlockingQueue<String> seen) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setDefaultPort(server.port())
            .setDefaultHost("127.0.0.1");
    return vertx
        .httpClientBuilder()
        .with(options)
        .withConnectHandler(
            connection -> {
              seen.add("connected");
              connection.goAwayHandler(goAway -> seen.add("go away"));
            })
        .build();
  }

  private static Future<String> post(HttpClient client, String body) {
    return client
        .request(HttpMethod.POST, ApiServer.CHAT)
        .map(request -> request.putHeader("content-type", "application/json"))
        .flatMap(request -> request.send(body))
        .flatMap(response -> response.body())
        .map(Buffer::toString);
  }
}
