package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage.PictureFile;
import io.winnow.decoder.chat.ChatMessage.Text;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.FakeChatService.Script;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenAI's own Java client, unmodified. */
@Timeout(120)
final class OpenAiClientTest {

  private final ApiServer server =
      ApiServer.start(Map.of(), key -> key.filter("sk-good"::equals).map(found -> "team"));
  private final OpenAIClient client = client("sk-good");

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void asksAboutAPicture() throws Exception {
    ChatCompletionCreateParams question =
        ChatCompletionCreateParams.builder()
            .model("demo")
            .addSystemMessage("Be brief.")
            .addUserMessageOfArrayOfContentParts(
                List.of(
                    ChatCompletionContentPart.ofText(
                        ChatCompletionContentPartText.builder().text("What?").build()),
                    ChatCompletionContentPart.ofImageUrl(
                        ChatCompletionContentPartImage.builder()
                            .imageUrl(
                                ChatCompletionContentPartImage.ImageUrl.builder()
                                    .url("data:image/png;base64,AAEC")
                                    .detail(ChatCompletionContentPartImage.ImageUrl.Detail.LOW)
                                    .build())
                            .build())))
            .temperature(0.0)
            .maxCompletionTokens(9)
            .seed(5)
            .build();

    var answer = client.chat().completions().create(question);

    assertThat(answer.choices().get(0).message().content()).contains("Hello world");
    assertThat(answer.choices().get(0).finishReason().asString()).isEqualTo("stop");
    assertThat(answer.usage().orElseThrow().totalTokens()).isEqualTo(43);
    assertThat(answer._additionalProperties()).containsKeys("timings_ms", "visual_token_reduction");
    ChatRequest asked = server.chat.calls().take().request();
    assertThat(asked.messages().get(1).parts().get(0)).isEqualTo(new Text("What?"));
    assertThat(((PictureFile) asked.messages().get(1).parts().get(1)).content())
        .containsExactly(0, 1, 2);
    assertThat(asked.maxTokens()).hasValue(9);
  }

  @Test
  void readsAStream() {
    ChatCompletionCreateParams question =
        question()
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();

    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question)) {
      List<ChatCompletionChunk> chunks = stream.stream().toList();

      String text =
          chunks.stream()
              .flatMap(chunk -> chunk.choices().stream())
              .map(choice -> choice.delta().content().orElse(""))
              .collect(Collectors.joining());
      assertThat(text).isEqualTo("Hello world");
      ChatCompletionChunk last = chunks.get(chunks.size() - 1);
      assertThat(last.usage().orElseThrow().promptTokens()).isEqualTo(40);
      assertThat(chunks.get(chunks.size() - 2).choices().get(0).finishReason()).isPresent();
    }
  }

  @Test
  void readsLogprobs() {
    TokenLogprob token = new TokenLogprob(1, "a", -0.5, List.of());
    server.chat.answerBy(request -> Script.deltas(1, i -> new AnswerDelta("a", List.of(token))));

    var answer = client.chat().completions().create(question().logprobs(true).build());

    var logprobs = answer.choices().get(0).logprobs().orElseThrow().content().orElseThrow();
    assertThat(logprobs.get(0).logprob()).isEqualTo(-0.5);
    assertThat(logprobs.get(0).bytes()).contains(List.of(97L));
  }

  @Test
  void raisesAnErrorAfterTheFirstToken() {
    server.chat.answerBy(
        request -> Script.of("Hel").thenFailing(ChatFailure.of(Reason.UNAVAILABLE, "Gone.")));

    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(question().build())) {
      assertThatExceptionOfType(SseException.class)
          .isThrownBy(() -> stream.stream().toList())
          .withMessageContaining("Gone.");
    }
  }

  @Test
  void listsModels() {
    assertThat(client.models().list().data().stream().map(Model::id))
        .containsExactly("demo", "org/other");
    assertThat(client.models().retrieve("org/other").id()).isEqualTo("org/other");
    assertThatExceptionOfType(NotFoundException.class)
        .isThrownBy(() -> client.models().retrieve("none"));
  }

  @Test
  void raisesItsOwnExceptions() {
    assertThatExceptionOfType(BadRequestException.class)
        .isThrownBy(() -> client.chat().completions().create(question().n(2).build()))
        .satisfies(
            thrown -> {
              assertThat(thrown.param()).contains("n");
              assertThat(thrown.code()).contains("unsupported_parameter");
            });
    assertThatExceptionOfType(UnauthorizedException.class)
        .isThrownBy(() -> client("sk-bad").models().list());
    fail(Reason.RATE_LIMITED);
    assertThatExceptionOfType(RateLimitException.class)
        .isThrownBy(() -> client.chat().completions().create(question().build()));
    fail(Reason.MODEL_NOT_FOUND);
    assertThatExceptionOfType(NotFoundException.class)
        .isThrownBy(() -> client.chat().completions().create(question().build()));
    fail(Reason.OVERLOADED);
    assertThatExceptionOfType(InternalServerException.class)
        .isThrownBy(() -> client.chat().completions().createStreaming(question().build()));
  }

  private void fail(Reason reason) {
    server.chat.answerBy(request -> Script.failing(ChatFailure.of(reason, "No.")));
  }

  private static ChatCompletionCreateParams.Builder question() {
    return ChatCompletionCreateParams.builder().model("demo").addUserMessage("Hi");
  }

  private OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.url() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }
}
