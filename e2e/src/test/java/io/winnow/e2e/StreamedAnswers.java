package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Streamed answers to one question, asked for all at once, of which many have to wait. */
final class StreamedAnswers {

  private static final int COUNT = 16;

  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();

  StreamedAnswers(URI url, DemoQuestion question) {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(Api.question(question).put("stream", true).toString()))
            .build();
    BodyHandler<String> body =
        head -> {
          begun.complete(null);
          return BodySubscribers.ofString(StandardCharsets.UTF_8);
        };
    for (int i = 0; i < COUNT; i++) {
      answers.add(http.sendAsync(request, body));
    }
  }

  /** Waits for the head of the first response. */
  void awaitFirst() throws Exception {
    begun.get(60, TimeUnit.SECONDS);
  }

  /** Every answer that was accepted has to come whole; what came too late has to be told so. */
  void assertEndedWell() throws Exception {
    int accepted = 0;
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      HttpResponse<String> response;
      try {
        response = answer.get(60, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(ConnectException.class);
        continue;
      }
      if (response.statusCode() == 200) {
        accepted++;
        assertThat(response.body()).doesNotContain("\"error\"").endsWith("data: [DONE]\n\n");
      } else {
        assertThat(response.statusCode()).isEqualTo(503);
      }
    }
    assertThat(accepted).isPositive();
  }
}
