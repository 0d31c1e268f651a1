package io.winnow.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;

/** The HTTP API as any client sees it. */
final class Api {

  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  private final URI completions;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Api(URI url) {
    completions = url.resolve("/v1/chat/completions");
  }

  /** An answer or a refusal. */
  record Reply(int status, JsonNode body) {

    static Reply of(HttpResponse<String> response) {
      try {
        return new Reply(response.statusCode(), JSON.readTree(response.body()));
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + response.body(), e);
      }
    }

    String answer() {
      return body.path("choices").path(0).path("message").path("content").asText();
    }

    String code() {
      return body.path("error").path("code").asText();
    }

    String message() {
      return body.path("error").path("message").asText();
    }

    String param() {
      return body.path("error").path("param").asText();
    }
  }

  Reply post(ObjectNode body) throws IOException, InterruptedException {
    return post(body.toString());
  }

  Reply post(String body) throws IOException, InterruptedException {
    return Reply.of(http.send(request(body), BodyHandlers.ofString()));
  }

  CompletableFuture<Reply> postAsync(ObjectNode body) {
    return http.sendAsync(request(body.toString()), BodyHandlers.ofString()).thenApply(Reply::of);
  }

  /** As part of a trace. */
  Reply post(ObjectNode body, String traceparent) throws IOException, InterruptedException {
    HttpRequest traced =
        HttpRequest.newBuilder(request(body.toString()), (name, value) -> true)
            .header("traceparent", traceparent)
            .build();
    return Reply.of(http.send(traced, BodyHandlers.ofString()));
  }

  private HttpRequest request(String body) {
    return HttpRequest.newBuilder(completions)
        .timeout(DEADLINE)
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  static ObjectNode question(DemoQuestion question) {
    return question(question.pictureBytes(), question.text());
  }

  static ObjectNode question(byte[] picture, String text) {
    return question(dataUrl(picture), text);
  }

  static ObjectNode question(String pictureUrl, String text) {
    ObjectNode body = text(text);
    ArrayNode content = JSON.createArrayNode();
    content.addObject().put("type", "image_url").putObject("image_url").put("url", pictureUrl);
    content.addObject().put("type", "text").put("text", text);
    ((ObjectNode) body.path("messages").path(0)).set("content", content);
    return body;
  }

  static ObjectNode text(String text) {
    ObjectNode body = JSON.createObjectNode().put("model", "demo").put("temperature", 0);
    body.putArray("messages").addObject().put("role", "user").put("content", text);
    return body;
  }

  static String dataUrl(byte[] picture) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(picture);
  }
}
