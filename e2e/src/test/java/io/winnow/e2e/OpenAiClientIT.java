package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.models.Model;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The official Java client, unmodified. */
@ExtendWith(SharedMesh.class)
class OpenAiClientIT {

  private OpenAIClient client;

  @BeforeEach
  void connect(TestMesh mesh) {
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(mesh.url() + "/v1")
            .apiKey("not needed")
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  @Test
  void getsAWholeAnswer() {
    ChatCompletion completion = client.chat().completions().create(question("demo").build());

    ChatCompletion.Choice choice = completion.choices().get(0);
    assertThat(choice.message().content()).contains(DemoQuestion.TELLING.answer());
    assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    assertThat(completion.model()).isEqualTo("demo");
    assertThat(completion.usage().orElseThrow().promptTokens()).isGreaterThan(576);
  }

  @Test
  void getsAStreamedAnswer() {
    ChatCompletionCreateParams params =
        question("demo")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();

    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      List<ChatCompletionChunk> chunks = stream.stream().toList();

      assertThat(
              chunks.stream()
                  .flatMap(chunk -> chunk.choices().stream())
                  .flatMap(choice -> choice.delta().content().stream())
                  .collect(Collectors.joining()))
          .isEqualTo(DemoQuestion.TELLING.answer());
      assertThat(chunks.stream().flatMap(chunk -> chunk.usage().stream())).hasSize(1);
    }
  }

  @Test
  void getsLogprobs() {
    ChatCompletion completion =
        client.chat().completions().create(question("demo").logprobs(true).topLogprobs(3).build());

    assertThat(completion.choices().get(0).logprobs().orElseThrow().content().orElseThrow())
        .isNotEmpty()
        .allSatisfy(
            token -> {
              assertThat(token.logprob()).isLessThanOrEqualTo(0);
              assertThat(token.topLogprobs()).hasSize(3);
            });
  }

  @Test
  void listsTheModels() {
    assertThat(client.models().list().data().stream().map(Model::id)).containsExactly("demo");
  }

  @Test
  void seesAnErrorAsItsOwnExceptions() {
    NotFoundException unknownModel =
        catchThrowableOfType(
            NotFoundException.class,
            () -> client.chat().completions().create(question("gpt-0").build()));
    assertThat(unknownModel.code()).contains("model_not_found");

    BadRequestException negative =
        catchThrowableOfType(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(question("demo").maxCompletionTokens(-1).build()));
    assertThat(negative.param()).contains("max_completion_tokens");
  }

  private static ChatCompletionCreateParams.Builder question(String model) {
    DemoQuestion question = DemoQuestion.TELLING;
    return ChatCompletionCreateParams.builder()
        .model(model)
        .temperature(0)
        .addUserMessageOfArrayOfContentParts(
            List.of(
                ChatCompletionContentPart.ofImageUrl(
                    ChatCompletionContentPartImage.builder()
                        .imageUrl(
                            ChatCompletionContentPartImage.ImageUrl.builder()
                                .url(Api.dataUrl(question.pictureBytes()))
                                .build())
                        .build()),
                ChatCompletionContentPart.ofText(
                    ChatCompletionContentPartText.builder().text(question.text()).build())));
  }
}
