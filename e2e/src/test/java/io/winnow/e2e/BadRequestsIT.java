package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.e2e.Api.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every bad request gets a clear error with the right status; the next request works. */
@ExtendWith(SharedMesh.class)
class BadRequestsIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  private Api api;

  @BeforeEach
  void connect(TestMesh mesh) {
    api = new Api(mesh.url());
  }

  @AfterEach
  void theNextRequestWorks() throws Exception {
    assertThat(api.post(Api.question(QUESTION)).answer()).isEqualTo(QUESTION.answer());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[]", "null", "{\"messages\": }", "{\"messages\": [{]}", "\u0000"})
  void refusesMalformedJson(String body) throws Exception {
    Reply reply = api.post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.message()).isNotBlank().doesNotContain("Exception");
  }

  @Test
  void refusesAnUnknownModel() throws Exception {
    Reply reply = api.post(Api.text("hi").put("model", "gpt-0"));

    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.code()).isEqualTo("model_not_found");
    assertThat(reply.message()).contains("gpt-0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"data:image/png;base64,!!!!", "data:image/png;base64,iVBORw0KGg", "data:"})
  void refusesBrokenBase64(String url) throws Exception {
    Reply reply = api.post(Api.question(url, "what?"));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.param()).startsWith("messages[0].content[0]");
  }

  @Test
  void refusesPictureUrlsUnlessTheyAreSwitchedOn() throws Exception {
    Reply reply = api.post(Api.question("http://127.0.0.1:9/a.png", "what?"));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("invalid_image_url");
  }

  @ParameterizedTest
  @CsvSource({
    "max_tokens, -1",
    "max_completion_tokens, -5",
    "temperature, -0.1",
    "top_p, -1",
    "n, -1"
  })
  void refusesNegativeNumbersByTheFieldsName(String field, double value) throws Exception {
    ObjectNode body = Api.text("hi");
    if (value == Math.rint(value)) {
      body.put(field, (long) value);
    } else {
      body.put(field, value);
    }

    Reply reply = api.post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.param()).isEqualTo(field);
  }

  @Test
  void refusesAPromptLongerThanTheContext() throws Exception {
    Reply reply = api.post(Api.text("is there a red circle ".repeat(400)));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("context_length_exceeded");
    assertThat(reply.message()).contains("1024");
  }

  @Test
  void refusesTwoPicturesThatDoNotFitTheContext() throws Exception {
    ObjectNode body = Api.question(QUESTION);
    ArrayNode content = (ArrayNode) body.path("messages").path(0).path("content");
    content.add(content.get(0).deepCopy());

    Reply reply = api.post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("context_length_exceeded");
  }

  @Test
  void refusesAChatOfAThousandTurnsThatDoesNotFit() throws Exception {
    ObjectNode body = Api.text("start");
    ArrayNode messages = (ArrayNode) body.path("messages");
    for (int turn = 0; turn < 1000; turn++) {
      messages.addObject().put("role", "assistant").put("content", "yes");
      messages.addObject().put("role", "user").put("content", "is there a red circle?");
    }

    Reply reply = api.post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("context_length_exceeded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools", "response_format", "frequency_penalty", "presence_penalty"})
  void refusesWhatWouldNotBeHonoured(String field) throws Exception {
    ObjectNode body = Api.text("hi");
    switch (field) {
      case "tools" ->
          body.putArray(field).addObject().put("type", "function").putObject("function");
      case "response_format" -> body.putObject(field).put("type", "json_object");
      default -> body.put(field, 1.5);
    }

    Reply reply = api.post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.param()).startsWith(field);
  }

  @Test
  void refusesABodyAboveTheLimit() throws Exception {
    Reply reply = api.post("{\"messages\": \"" + "x".repeat(40 << 20) + "\"}");

    assertThat(reply.status()).isEqualTo(413);
  }
}
