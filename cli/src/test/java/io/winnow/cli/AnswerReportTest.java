package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import java.io.IOException;
import java.util.List;
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
    assertThat(
            exitLines(
                "dyvte",
                0.7,
                """
                {"layer":3,"late":0,"missing":0,"flops_ratio_without":1.0,"verdicts":[
                {"layer":1,"exit":false,"effect":"kept"},
                {"layer":3,"exit":true,"effect":"exited","applied_layer":3}]}"""))
        .containsExactly("after layer 3, saved 30 % of the FLOPs", "2, none late");
  }

  @Test
  void theTableSaysHowLateAnExitWas() throws IOException {
    assertThat(
            exitLines(
                "dyvte",
                0.86,
                """
                {"layer":5,"late":1,"missing":1,"trouble":"pruner lost","flops_ratio_without":1.0,
                "verdicts":[{"layer":1,"exit":true,"effect":"exited","applied_layer":5},
                {"layer":3,"effect":"missing"}]}"""))
        .containsExactly(
            "after layer 5, 4 layers late, saved 14 % of the FLOPs",
            "1, 1 late, 1 never came: pruner lost");
  }

  @Test
  void theTableDoesNotCreditAnExitWithWhatItsPartnerOrABudgetSaves() throws IOException {
    String exit =
        """
        {"layer":3,"late":0,"missing":0,"flops_ratio_without":0.6,"verdicts":[
        {"layer":3,"exit":true,"effect":"exited","applied_layer":3}]}""";
    assertThat(exitLines("dyvte+fitprune", 0.45, exit).get(0))
        .isEqualTo("after layer 3, saved 15 % of the FLOPs; fitprune alone saves 40 %");
    assertThat(exitLines("dyvte", 0.45, exit).get(0))
        .isEqualTo("after layer 3, saved 15 % of the FLOPs; the budget alone saves 40 %");
    assertThat(
            exitLines(
                    "dyvte+fastv",
                    0.6,
                    """
                    {"layer":null,"late":0,"missing":0,"flops_ratio_without":0.6,"verdicts":[
                    {"layer":3,"exit":false,"effect":"kept"}]}""")
                .get(0))
        .isEqualTo("none: every gate kept the picture; fastv alone saves 40 %");
  }

  @Test
  void theTableSaysWhyNoVerdictTookThePictureOut() throws IOException {
    String late =
        """
        {"layer":null,"blocking":%s,"late":1,"missing":0,"flops_ratio_without":1.0,"verdicts":[
        {"layer":1,"exit":false,"effect":"kept"},
        {"layer":3,"exit":true,"effect":"late","needed_ms":40.0,"arrived_ms":52.5}]}""";
    assertThat(exitLines("dyvte", 1, late.formatted(false)))
        .containsExactly(
            "none: the verdict after layer 3, to let the picture go, came 12.5 ms after that layer,"
                + " too late for all others (--blocking waits for it)",
            "2, 1 late");
    assertThat(exitLines("dyvte", 1, late.formatted(true)).get(0))
        .endsWith("(the prefill had waited as long as it may)");
    assertThat(
            exitLines(
                "dyvte",
                1,
                """
                {"layer":null,"late":0,"missing":1,"trouble":"pruner lost",
                "flops_ratio_without":1.0,"verdicts":[{"layer":1,"effect":"missing"}]}"""))
        .containsExactly("none: no verdict came", "0, none late, 1 never came: pruner lost");
    assertThat(
            exitLines(
                    "dyvte",
                    1,
                    """
                    {"layer":null,"late":0,"missing":1,"trouble":"pruner lost",
                    "flops_ratio_without":1.0,"verdicts":[{"layer":1,"exit":false,"effect":"kept"},
                    {"layer":3,"effect":"missing"}]}""")
                .get(0))
        .isEqualTo("none: every verdict that came kept the picture");
  }

  /** The lines "exit" and "verdicts" of an answer's table. */
  private static List<String> exitLines(String method, double flopsRatio, String exit)
      throws IOException {
    Answer whole = answer(432);
    ObjectNode reduction = JSON.createObjectNode();
    reduction.put("method", method).put("flops_ratio", flopsRatio);
    reduction.set("exit", JSON.readTree(exit));
    return AnswerReport.table(
            new Answer(
                whole.text(), whole.model(), whole.usage(), whole.timingsMillis(), reduction))
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("exit") || line.startsWith("verdicts"))
        .map(line -> line.replaceFirst("\\w+ +", ""))
        .toList();
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
