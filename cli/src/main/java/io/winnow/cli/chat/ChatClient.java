package io.winnow.cli.chat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks one question at a time over {@code POST /v1/chat/completions}, streamed. */
public final class ChatClient {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The service ends an answer long before; this is for a peer that says nothing at all. */
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private static final int MAX_ERROR_BYTES = 1 << 16;

  private final URI completions;
  private final Optional<String> apiKey;
  private final Optional<String> traceId;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();

  /**
   * @param url where the API is, without /v1
   */
  public ChatClient(URI url) {
    this(url, Optional.empty(), Optional.empty());
  }

  /**
   * @param url where the API is, without /v1
   * @param apiKey for services that ask for one; visible ASCII
   * @param traceId the trace that its questions become part of; without, each gets one of its own
   */
  public ChatClient(URI url, Optional<String> apiKey, Optional<String> traceId) {
    this.apiKey = apiKey;
    this.traceId = traceId;
    completions = URI.create(url.toString().replaceFirst("/+$", "") + "/v1/chat/completions");
  }

  /**
   * Asks, and waits for the whole answer.
   *
   * @param onText takes new text as it comes, on the calling thread
   * @throws RequestRefusedException if the service does not take such a request
   * @throws IOException if there is no (complete) answer; the message is for the user
   */
  public Answer ask(Question question, Consumer<String> onText) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(completions)
            .timeout(LIMIT)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body(question))));
    apiKey.ifPresent(key -> request.header("authorization", "Bearer " + key));
    traceId.ifPresent(
        id -> request.header("traceparent", "00-%s-%s-01".formatted(id, randomHex(16))));
    try {
      HttpResponse<InputStream> response = http.send(request.build(), BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() != 200) {
          String error = new String(body.readNBytes(MAX_ERROR_BYTES), StandardCharsets.UTF_8);
          throw failure(response.statusCode(), error);
        }
        CompletableFuture<Void> read = closeAtLimit(body);
        try {
          return read(body, onText);
        } finally {
          read.complete(null); // frees the timer
        }
      }
    } catch (ConnectException e) {
      throw new IOException("nothing answers at " + completions, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the answer");
    }
  }

  /** A new trace id. */
  public static String newTraceId() {
    return randomHex(32);
  }

  private static String randomHex(int digits) {
    StringBuilder hex = new StringBuilder();
    while (hex.length() < digits) {
      hex.append(Long.toHexString(ThreadLocalRandom.current().nextLong() | 1L << 63));
    }
    return hex.substring(0, digits);
  }

  private static Answer read(InputStream body, Consumer<String> onText) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    AnswerReader reader = new AnswerReader(onText);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      reader.line(line);
    }
    return reader.finish();
  }

  private static IOException failure(int status, String body) {
    String message = AnswerReader.errorMessage(status, body);
    return status == 400 ? new RequestRefusedException(message) : new IOException(message);
  }

  /** Closes the body at the limit, which wakes its reader, unless the result completes before. */
  private static CompletableFuture<Void> closeAtLimit(InputStream body) {
    CompletableFuture<Void> read = new CompletableFuture<>();
    var unused =
        read.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
            .whenComplete(
                (nothing, late) -> {
                  if (late != null) {
                    close(body);
                  }
                });
    return read;
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing a response body never fails", e);
    }
  }

  private static ObjectNode body(Question question) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    question.model().ifPresent(model -> body.put("model", model));
    question.maxTokens().ifPresent(max -> body.put("max_tokens", max));
    body.put("temperature", 0).put("stream", true);
    ObjectNode reduction = question.reduction().json();
    if (!reduction.isEmpty()) {
      body.set("visual_token_reduction", reduction);
    }
    body.putObject("stream_options").put("include_usage", true);
    ObjectNode message = body.putArray("messages").addObject().put("role", "user");
    ArrayNode content = message.putArray("content");
    String data = Base64.getEncoder().encodeToString(question.picture());
    ObjectNode picture = content.addObject().put("type", "image_url").putObject("image_url");
    picture.put("url", "data:application/octet-stream;base64," + data);
    question.detail().ifPresent(detail -> picture.put("detail", detail));
    content.addObject().put("type", "text").put("text", question.text());
    return body;
  }
}
