package io.winnow.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChatClientTest {

  private static final Question QUESTION =
      new Question(new byte[] {1, 2, 3}, "what?", Optional.of("demo"), OptionalInt.of(5));

  private final CompletableFuture<String> asked = new CompletableFuture<>();
  private final CompletableFuture<String> authorization = new CompletableFuture<>();
  private HttpServer server;
  private int status = 200;
  private String response =
      "data: {\"choices\":[{\"delta\":{\"content\":\"yes\"}}]}\n\ndata: [DONE]\n\n";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          authorization.complete(exchange.getRequestHeaders().getFirst("Authorization"));
          asked.complete(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] body = response.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void asksGreedilyAndStreamedWithThePictureInline() throws Exception {
    Answer answer = client().ask(QUESTION, text -> {});

    JsonNode request = new ObjectMapper().readTree(asked.join());
    assertThat(answer.text()).isEqualTo("yes");
    assertThat(request.path("model").asText()).isEqualTo("demo");
    assertThat(request.path("max_tokens").asInt()).isEqualTo(5);
    assertThat(request.path("temperature").asDouble(-1)).isZero();
    assertThat(request.path("stream").asBoolean()).isTrue();
    assertThat(request.path("stream_options").path("include_usage").asBoolean()).isTrue();
    JsonNode content = request.path("messages").path(0).path("content");
    assertThat(content.path(0).path("image_url").path("url").asText()).endsWith(";base64,AQID");
    assertThat(content.path(1).path("text").asText()).isEqualTo("what?");
  }

  @Test
  void leavesOutWhatWasNotChosen() throws Exception {
    client()
        .ask(
            new Question(new byte[] {1}, "what?", Optional.empty(), OptionalInt.empty()),
            text -> {});

    JsonNode request = new ObjectMapper().readTree(asked.join());
    assertThat(request.has("model")).isFalse();
    assertThat(request.has("max_tokens")).isFalse();
    assertThat(request.has("visual_token_reduction")).isFalse();
    assertThat(request.path("messages").path(0).path("content").path(0).path("image_url"))
        .hasSize(1);
  }

  @Test
  void sendsTheWishForTheVisualTokensAsItWasSaid() throws Exception {
    ReductionWish wish =
        new ReductionWish(
            Optional.of("random"),
            OptionalDouble.of(0.5),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.of(4),
            OptionalLong.of(7),
            new ExitWish(OptionalDouble.of(0.7), OptionalInt.of(2), true, Optional.of("fastv")),
            true);
    client()
        .ask(
            new Question(
                new byte[] {1},
                "what?",
                Optional.empty(),
                OptionalInt.empty(),
                wish,
                Optional.of("low")),
            text -> {});

    JsonNode request = new ObjectMapper().readTree(asked.join());
    assertThat(request.path("visual_token_reduction").toString())
        .isEqualTo(
            "{\"method\":\"random\",\"flops_ratio\":0.5,\"layer\":4,\"seed\":7,"
                + "\"exit_threshold\":0.7,\"min_layer\":2,\"blocking\":true,\"with\":\"fastv\","
                + "\"report\":true}");
    JsonNode picture = request.path("messages").path(0).path("content").path(0).path("image_url");
    assertThat(picture.path("detail").asText()).isEqualTo("low");
  }

  @Test
  void showsTheKeyThatItHas() throws Exception {
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    new ChatClient(url, Optional.of("secret"), Optional.empty()).ask(QUESTION, text -> {});

    assertThat(authorization.join()).isEqualTo("Bearer secret");
  }

  @Test
  void aRefusalHasTheServicesMessage() {
    status = 400;
    response = "{\"error\":{\"message\":\"not a picture\"}}";

    assertThatThrownBy(() -> client().ask(QUESTION, text -> {})).hasMessage("not a picture");
  }

  @Test
  void saysWhereNothingAnswers() {
    server.stop(0);

    assertThatThrownBy(() -> client().ask(QUESTION, text -> {}))
        .hasMessageContaining("nothing answers at http://127.0.0.1");
  }

  private ChatClient client() {
    return new ChatClient(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));
  }
}
