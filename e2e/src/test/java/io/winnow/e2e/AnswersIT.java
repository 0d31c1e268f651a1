package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.cli.chat.Answer;
import io.winnow.cli.mesh.Mesh;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(SharedMesh.class)
class AnswersIT {

  static List<DemoQuestion> questions() {
    return DemoQuestion.all();
  }

  @ParameterizedTest
  @MethodSource("questions")
  void answersAsTheReferenceDoes(DemoQuestion question, TestMesh mesh) throws IOException {
    assertThat(mesh.ask(question).text()).isEqualTo(question.answer());
  }

  @Test
  void thereAreThirtySixQuestions() {
    assertThat(questions()).hasSize(36);
  }

  @Test
  void threeProcessesServe(TestMesh mesh) {
    List<ProcessHandle> processes =
        Stream.of(Mesh.ENCODER, Mesh.PRUNER, Mesh.DECODER).map(mesh::process).toList();

    assertThat(processes).allMatch(ProcessHandle::isAlive);
    assertThat(processes.stream().map(ProcessHandle::pid)).doesNotHaveDuplicates();
  }

  @Test
  void saysWhatTheAnswerTookAndWhatWasKept(TestMesh mesh) throws IOException {
    Answer answer = mesh.ask(DemoQuestion.TELLING);

    JsonNode details = answer.usage().path("prompt_tokens_details");
    assertThat(details.path("image_tokens").asInt()).isEqualTo(576);
    assertThat(details.path("image_tokens_kept").asInt()).isEqualTo(576);
    assertThat(answer.usage().path("prompt_tokens").asInt()).isGreaterThan(576);
    assertThat(answer.reduction().path("method").asText()).isEqualTo("none");
    assertThat(answer.reduction().path("flops_ratio").asDouble()).isEqualTo(1.0);
    assertThat(answer.reduction().path("reason").asText()).contains("no pruning method");
    for (String stage : List.of("wire", "decide", "prefill", "first_token", "per_token")) {
      assertThat(answer.timingsMillis().path(stage).asDouble()).as(stage).isPositive();
    }
  }

  @Test
  void refusesAPruningMethodThatDoesNotExist(TestMesh mesh) throws Exception {
    var body = Api.question(DemoQuestion.TELLING);
    body.putObject("visual_token_reduction").put("method", "magic");

    Api.Reply reply = new Api(mesh.url()).post(body);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.param()).isEqualTo("visual_token_reduction.method");
    assertThat(reply.message()).contains("magic").contains("none");
  }
}
