package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import io.winnow.cli.evaluate.KnownQuestion.Mark;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {

  private static final Evaluation EVALUATION =
      new Evaluation(
          List.of(
              Samples.asked("describe", "What is there?", "a star", "a ring"),
              Samples.asked("shape", "Which shape?", "star", "Star"),
              Samples.asked("shape", "Which shape", "star", "ring"),
              Samples.asked("count", "How many?", "3", "3"),
              Samples.asked("count", "How many", "3", "3")));

  @Test
  void countsByTypeWithDescribeLast() {
    assertThat(EVALUATION.byType().keySet()).containsExactly("count", "shape", "describe");
    assertThat(EVALUATION.byType().get("count")).isEqualTo(new Accuracy(2, 2));
    assertThat(EVALUATION.byType().get("shape")).isEqualTo(new Accuracy(1, 2));
    assertThat(EVALUATION.byType().get("describe")).isEqualTo(new Accuracy(0, 1));
  }

  @Test
  void countsByMarkAndLeavesOutWhatWasNotAsked() {
    assertThat(EVALUATION.byMark().keySet()).containsExactly(Mark.NONE, Mark.QUESTION);
    assertThat(EVALUATION.byMark().get(Mark.QUESTION)).isEqualTo(new Accuracy(2, 3));
  }

  @Test
  void countsAllWithAndWithoutDescribe() {
    assertThat(EVALUATION.all()).isEqualTo(new Accuracy(3, 5));
    assertThat(EVALUATION.allButDescribe()).isEqualTo(new Accuracy(3, 4));
    assertThat(EVALUATION.allButDescribe().share()).isCloseTo(0.75, within(1e-12));
  }

  @Test
  void summarisesTimesAndTokens() {
    Evaluation evaluation =
        new Evaluation(
            List.of(
                new Asked(Samples.question("ocr", "a", "x"), Samples.answer("x", 10)),
                new Asked(Samples.question("ocr", "b", "x"), Samples.answer("x", 30))));

    assertThat(evaluation.millis("prefill", 0.5)).isEqualTo(20);
    assertThat(evaluation.meanFlopsRatio()).isCloseTo(0.6, within(1e-12));
    assertThat(evaluation.meanImageTokensKept()).isEqualTo(288);
  }

  @Test
  void theTableHasARowForEveryGroup() {
    String table = EvaluationReport.table(EVALUATION);

    assertThat(table.lines())
        .anyMatch(line -> line.matches("count +1\\.000 +2 +2"))
        .anyMatch(line -> line.matches("\"\\?\" +0\\.667 +2 +3"))
        .anyMatch(line -> line.matches("all but describe +0\\.750 +3 +4"))
        .anyMatch(line -> line.matches("prefill +10\\.0 +10\\.0 +10\\.0"))
        .anyMatch(line -> line.matches("method +fitprune"))
        .noneMatch(line -> line.endsWith(" "));
  }

  @Test
  void theJsonNamesEveryWrongAnswer() {
    JsonNode json = EvaluationReport.json(EVALUATION);

    assertThat(json.path("questions").asInt()).isEqualTo(5);
    assertThat(json.path("accuracy").path("all").path("right").asInt()).isEqualTo(3);
    assertThat(json.path("wrong")).hasSize(2);
    assertThat(json.path("wrong").path(1).path("picture").asText()).isEqualTo("p.png");
    assertThat(json.path("wrong").path(1).path("answer").asText()).isEqualTo("ring");
  }

  @Test
  void saysAfterWhichLayersTheGatesLetGo() {
    Evaluation evaluation =
        new Evaluation(
            List.of(
                exited("count", "{\"layer\": 3, \"verdicts\": [{\"layer\": 1}, {\"layer\": 3}]}"),
                exited("count", "{\"layer\": 5, \"verdicts\": [{\"layer\": 1}, {\"layer\": 3}]}"),
                exited("ocr", "{\"layer\": null, \"verdicts\": [{\"layer\": 1}]}")));

    assertThat(EvaluationReport.table(evaluation).lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            "exits after decoder layers:",
            "| type | after 1 | after 3 | after 5 | none | FLOPs ratio | accuracy |",
            "| count | 0 | 1 | 1 | 0 | 0.600 | 1.000 |",
            "| ocr | 0 | 0 | 0 | 1 | 0.600 | 1.000 |",
            "| all | 0 | 1 | 1 | 1 | 0.600 | 1.000 |");
    JsonNode exits = EvaluationReport.json(evaluation).path("exits");
    assertThat(exits.path("count").path("5").asInt()).isEqualTo(1);
    assertThat(exits.path("all").path("none").asInt()).isEqualTo(1);
    assertThat(EvaluationReport.table(EVALUATION)).doesNotContain("exits");
    assertThat(EvaluationReport.json(EVALUATION).has("exits")).isFalse();
  }

  private static Asked exited(String type, String exit) {
    Answer answer = Samples.answer("x", 10);
    try {
      ((ObjectNode) answer.reduction()).set("exit", new ObjectMapper().readTree(exit));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(exit, e);
    }
    return new Asked(Samples.question(type, "a", "x"), answer);
  }

  @Test
  void refusesToSummariseNothing() {
    assertThatThrownBy(() -> new Evaluation(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
