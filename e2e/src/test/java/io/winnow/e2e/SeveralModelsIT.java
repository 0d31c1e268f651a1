package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.e2e.Api.Reply;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

/** One mesh with more than one model. */
class SeveralModelsIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  @Test
  void eachModelIsListedAndAnswersAndNoOther() throws Exception {
    try (TestMesh mesh = TestMesh.start("first", "second")) {
      Api api = new Api(mesh.url());
      HttpRequest list = HttpRequest.newBuilder(mesh.url().resolve("/v1/models")).build();

      JsonNode models =
          Api.JSON.readTree(HttpClient.newHttpClient().send(list, BodyHandlers.ofString()).body());

      assertThat(models.path("data").findValuesAsText("id"))
          .containsExactlyInAnyOrder("first", "second");
      for (String name : new String[] {"first", "second"}) {
        Reply reply = api.post(question(name));
        assertThat(reply.answer()).isEqualTo(QUESTION.answer());
        assertThat(reply.body().path("model").asText()).isEqualTo(name);
      }
      Reply unknown = api.post(question("third"));
      assertThat(unknown.status()).isEqualTo(404);
      assertThat(unknown.message()).contains("third");
    }
  }

  private static ObjectNode question(String model) {
    return Api.question(QUESTION).put("model", model);
  }
}
