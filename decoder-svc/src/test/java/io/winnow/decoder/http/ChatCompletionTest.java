package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.ExitReports;
import io.winnow.decoder.chat.FakeChatService.Script;
import io.winnow.decoder.chat.KeptReports;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ChatCompletionTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

  private final ApiServer server = ApiServer.start();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void answersInOneDocument() throws Exception {
    HttpResponse<String> response = server.post("{\"model\":\"demo\"," + MESSAGES + "}");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    JsonNode root = JSON.readTree(response.body());
    assertThat(root.path("object").asText()).isEqualTo("chat.completion");
    assertThat(root.path("id").asText()).startsWith("chatcmpl-");
    assertThat(root.path("model").asText()).isEqualTo("demo");
    assertThat(root.path("created").asLong()).isPositive();
    assertThat(root.path("seed").asLong()).isEqualTo(7);
    assertThat(root.path("choices").toString())
        .isEqualTo(
            "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello world\","
                + "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]");
    assertThat(root.path("usage").toString())
        .isEqualTo(
            "{\"prompt_tokens\":40,\"completion_tokens\":3,\"total_tokens\":43,"
                + "\"prompt_tokens_details\":{\"image_tokens\":24,\"image_tokens_kept\":12}}");
    assertOutcome(root);
  }

  @Test
  void streamsAsServerSentEvents() throws Exception {
    HttpResponse<String> response = server.post("{\"stream\":true," + MESSAGES + "}");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/event-stream; charset=utf-8");
    List<JsonNode> chunks = chunks(response.body());
    assertThat(chunks).hasSize(4);
    assertThat(choices(chunks))
        .containsExactly(
            choice("{\"role\":\"assistant\",\"content\":\"\"}", "null"),
            choice("{\"content\":\"Hello\"}", "null"),
            choice("{\"content\":\" world\"}", "null"),
            choice("{}", "\"stop\""));
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.has("usage")).isFalse());
    assertThat(chunks)
        .allSatisfy(
            chunk -> assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk"));
    assertThat(chunks.stream().map(chunk -> chunk.path("id").asText()).distinct()).hasSize(1);
    assertOutcome(chunks.get(3));
  }

  @Test
  void endsAStreamWithUsageWhenAsked() throws Exception {
    HttpResponse<String> response =
        server.post(
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," + MESSAGES + "}");

    List<JsonNode> chunks = chunks(response.body());
    JsonNode last = chunks.remove(chunks.size() - 1);
    assertThat(last.path("choices").toString()).isEqualTo("[]");
    assertThat(last.path("usage").path("total_tokens").asInt()).isEqualTo(43);
    assertThat(chunks).hasSize(4);
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.path("usage").isNull()).isTrue());
  }

  @Test
  void reportsLogprobsInBothForms() throws Exception {
    TokenLogprob other = new TokenLogprob(2, "\uFFFD", Double.NEGATIVE_INFINITY, List.of());
    TokenLogprob token = new TokenLogprob(1, "é", -0.5, List.of(other));
    server.chat.answerBy(request -> Script.deltas(2, i -> new AnswerDelta("é", List.of(token))));
    String expected =
        "{\"token\":\"é\",\"logprob\":-0.5,\"bytes\":[195,169],\"top_logprobs\":"
            + "[{\"token\":\"\uFFFD\",\"logprob\":-9999.0,\"bytes\":null}]}";

    JsonNode whole =
        JSON.readTree(
            server.post("{\"logprobs\":true,\"top_logprobs\":1," + MESSAGES + "}").body());
    List<JsonNode> streamed =
        chunks(
            server
                .post("{\"stream\":true,\"logprobs\":true,\"top_logprobs\":1," + MESSAGES + "}")
                .body());

    assertThat(whole.at("/choices/0/logprobs").toString())
        .isEqualTo("{\"content\":[" + expected + "," + expected + "],\"refusal\":null}");
    assertThat(streamed.get(1).at("/choices/0/logprobs").toString())
        .isEqualTo("{\"content\":[" + expected + "],\"refusal\":null}");
  }

  @Test
  void countsTokensInADryRun() throws Exception {
    HttpResponse<String> response = server.post("{\"dry_run\":true," + MESSAGES + "}");

    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode root = JSON.readTree(response.body());
    assertThat(root.path("object").asText()).isEqualTo("chat.completion.dry_run");
    assertThat(root.path("model").asText()).isEqualTo("demo");
    assertThat(root.path("usage").toString())
        .isEqualTo("{\"prompt_tokens\":40,\"text_tokens\":16,\"image_tokens\":24}");
    assertThat(server.chat.calls()).isEmpty();
  }

  @Test
  void skipsEventsWithoutNewsButGoesOn() throws Exception {
    server.chat.answerBy(request -> Script.of("a", "", "b"));

    List<JsonNode> chunks = chunks(server.post("{\"stream\":true," + MESSAGES + "}").body());

    assertThat(chunks).hasSize(4);
  }

  @Test
  void reportsWhatWasKeptInBothForms() throws Exception {
    server.chat.keep(KeptReports.twoTokensOfFour());
    String expected =
        """
        {"method":"none","flops_ratio":1.0,"reason":"not asked","visual_flops_ratio":0.75,
        "macs":900.0,"macs_unpruned":1200.0,"flops":1800.0,"flops_unpruned":2400.0,
        "text_tokens":5,"visual_tokens_entered":[4,2],"pictures":[{"width":64,"height":16,
        "seen":{"left":8.0,"top":0.0,"width":48.0,"height":16.0},
        "tiles":[{"rows":1,"columns":4}],"kept":[
        {"layer":0,"count":4,"indices":[0,1,2,3]},{"layer":1,"count":2,"indices":[1,3]}]}]}"""
            .replace("\n", "");

    JsonNode whole = JSON.readTree(server.post("{" + MESSAGES + "}").body());
    List<JsonNode> streamed = chunks(server.post("{\"stream\":true," + MESSAGES + "}").body());

    assertThat(whole.path("visual_token_reduction").toString()).isEqualTo(expected);
    assertThat(streamed.get(3).path("visual_token_reduction").toString()).isEqualTo(expected);
    assertThat(streamed.subList(0, 3)).noneMatch(chunk -> chunk.has("visual_token_reduction"));
  }

  @Test
  void reportsWhatBecameOfTheQuestionsOnTheWay() throws Exception {
    server.chat.exit(ExitReports.keptThenExitedLateThenMissing());

    JsonNode whole = JSON.readTree(server.post("{" + MESSAGES + "}").body());

    assertThat(whole.path("visual_token_reduction").path("exit").toString())
        .isEqualTo(
            """
            {"layer":5,"blocking":false,"late":1,"missing":1,
            "flops_ratio_without":0.875,"trouble":"gone","verdicts":[
            {"segment":0,"layer":1,"visual_tokens":12,"needed_ms":20.0,"arrived_ms":26.5,
            "exit":false,"margin":-2.0,"threshold":0.25,"effect":"kept"},
            {"segment":1,"layer":3,"visual_tokens":12,"needed_ms":30.0,"arrived_ms":41.5,
            "exit":true,"margin":1.5,"threshold":0.25,"effect":"exited","applied_layer":5},
            {"segment":2,"layer":5,"visual_tokens":12,"needed_ms":40.0,"effect":"missing"}]}"""
                .replace("\n", ""));
  }

  private static void assertOutcome(JsonNode root) {
    JsonNode timings = root.path("timings_ms");
    assertThat(timings.fieldNames())
        .toIterable()
        .containsExactly(
            "fetch",
            "preprocess",
            "encode",
            "wire",
            "decide",
            "prefill",
            "first_token",
            "per_token");
    assertThat(timings.path("preprocess").asDouble()).isEqualTo(1500.0);
    assertThat(timings.path("per_token").asDouble()).isEqualTo(0.0025);
    assertThat(timings.path("first_token").asDouble()).isGreaterThan(1500.0);
    assertThat(root.path("visual_token_reduction").toString())
        .isEqualTo("{\"method\":\"none\",\"flops_ratio\":1.0,\"reason\":\"not asked\"}");
  }

  private static List<String> choices(List<JsonNode> chunks) {
    return chunks.stream().map(chunk -> chunk.path("choices").toString()).toList();
  }

  private static String choice(String delta, String finish) {
    return "[{\"index\":0,\"logprobs\":null,\"finish_reason\":"
        + finish
        + ",\"delta\":"
        + delta
        + "}]";
  }

  /** The events' JSON; checks that the stream ends as it must. */
  private static List<JsonNode> chunks(String body) throws Exception {
    assertThat(body).endsWith("\n\ndata: [DONE]\n\n");
    List<JsonNode> chunks = new ArrayList<>();
    for (String event : body.split("\n\n")) {
      assertThat(event).startsWith("data: ");
      if (!event.equals("data: [DONE]")) {
        chunks.add(JSON.readTree(event.substring("data: ".length())));
      }
    }
    return chunks;
  }
}
