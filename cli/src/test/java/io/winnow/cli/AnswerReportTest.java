package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class AnswerReportTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theTableHasTokensAndStages() throws IOException {
    assertThat(AnswerReport.table(answer(576)).lines().map(String::strip))
        .containsExactly(
            "image tokens  576, all kept: because",
            "text tokens   14",
            "preprocess    1.0 ms",
            "encode        20.0 ms",
            "wire          3.3 ms",
            "decide        0.4 ms",
            "prefill       40.0 ms",
            "first token   70.1 ms",
            "per token     2.5 ms");
  }

  @Test
  void theTableSaysHowManyTokensWereKept() throws IOException {
    Answer whole = answer(288);
    Answer pruned =
        new Answer(
            whole.text(),
            whole.model(),
            whole.usage(),
            whole.timingsMillis(),
            JSON.readTree("{\"method\": \"fitprune\", \"flops_ratio\": 0.4531}"));

    assertThat(AnswerReport.table(pruned))
        .contains("image tokens  576, kept 288 (fitprune, 0.45 of the FLOPs)");
  }

  @Test
  void theTableSaysWhereTheVisualTokensLeftAndWhetherVerdictsCame() throws IOException {
    assertThat(AnswerReport.table(exited("{\"layer\":3,\"late\":0,\"missing\":0}")))
        .contains("exit          after layer 3, saved 30 % of the FLOPs")
        .contains("verdicts      2, none late");
    assertThat(
            AnswerReport.table(
                exited("{\"layer\":null,\"late\":1,\"missing\":1,\"trouble\":\"pruner lost\"}")))
        .contains("exit          none: no gate let the picture go in time")
        .contains("verdicts      2, 1 late, 1 never came: pruner lost");
  }

  private static Answer exited(String exit) throws IOException {
    Answer whole = answer(432);
    ObjectNode reduction =
        (ObjectNode) JSON.readTree("{\"method\": \"dyvte\", \"flops_ratio\": 0.7}");
    ObjectNode report = (ObjectNode) JSON.readTree(exit);
    report.putArray("verdicts").add(1).add(2);
    reduction.set("exit", report);
    return new Answer(whole.text(), whole.model(), whole.usage(), whole.timingsMillis(), reduction);
  }

  @Test
  void theJsonRepeatsTheImageTokensFlat() throws IOException {
    JsonNode json = JSON.readTree(AnswerReport.json(answer(288)));

    assertThat(json.path("answer").asText()).isEqualTo("two\nlines");
    assertThat(json.path("model").asText()).isEqualTo("demo");
    assertThat(json.path("usage").path("prompt_tokens").asInt()).isEqualTo(590);
    assertThat(json.path("usage").path("image_tokens").asInt()).isEqualTo(576);
    assertThat(json.path("usage").path("image_tokens_kept").asInt()).isEqualTo(288);
    assertThat(json.path("timings_ms").path("first_token").asDouble()).isEqualTo(70.1);
    assertThat(json.path("visual_token_reduction").path("reason").asText()).isEqualTo("because");
  }

  private static Answer answer(int kept) throws IOException {
    return new Answer(
        "two\nlines",
        "demo",
        JSON.readTree(
            """
            {"prompt_tokens": 590, "completion_tokens": 3, "total_tokens": 593,
             "prompt_tokens_details": {"image_tokens": 576, "image_tokens_kept": %d}}"""
                .formatted(kept)),
        JSON.readTree(
            """
            {"fetch": 0, "preprocess": 1, "encode": 20, "wire": 3.26, "decide": 0.4,
             "prefill": 40, "first_token": 70.1, "per_token": 2.5}"""),
        JSON.readTree(
            """
            {"method": "none", "flops_ratio": 1.0, "reason": "because"}"""));
  }
}
