package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.e2e.Api.Reply;
import io.winnow.e2e.WhatWasKept.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Visual tokens are pruned as each request asks, and the answer tells which. */
@ExtendWith(SharedMesh.class)
class PruningIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final int TOKENS = 576;

  private Api api;

  @BeforeEach
  void connect(TestMesh mesh) {
    api = new Api(mesh.url());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"method":"fastv","layer":4,"flops_ratio":0.7} | fastv | 0.7 | 1
          {"method":"fastv","keep_ratio":0.75} | fastv | 1 | 0.75
          {"method":"random","layer":3,"seed":-5,"keep_ratio":0.6} | random | 1 | 0.6
          {"method":"visionzip"} | visionzip | 0.4 | 0.34
          {"method":"visionzip","flops_ratio":0.5} | visionzip | 0.5 | 1
          {"method":"vtw","layer":6} | vtw | 0.8 | 0.75
          {"method":"vtw","flops_ratio":0.3} | vtw | 0.3 | 1
          {"method":"vtw","keep_ratio":0.1} | vtw | 0.1 | 0.1
          """)
  void everyMethodKeepsWhatItsBudgetAllowsAndTellsWhat(
      String wish, String method, double mostFlops, double mostKept) throws Exception {
    Reply reply = ask(QUESTION, wish);

    WhatWasKept kept = checked(reply);
    assertThat(reply.answer()).isNotBlank();
    assertThat(kept.method()).isEqualTo(method);
    assertThat(kept.flopsRatio()).isGreaterThan(0).isLessThanOrEqualTo(mostFlops);
    double share = IntStream.of(kept.entered()).average().orElseThrow() / TOKENS;
    assertThat(share).isLessThan(1).isLessThanOrEqualTo(mostKept);
    assertThat(reduction(reply).path("reason").asText()).isNotBlank();
    if (method.equals("visionzip")) {
      assertThat(kept.pictures().get(0).kept().get(0).indices()).hasSizeLessThan(TOKENS);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "none", "fitprune", "vtw", "fastv", "visionzip", "random"})
  void aPromptWithoutPictureIsAnsweredWhateverTheMethod(String method) throws Exception {
    Reply plain = api.post(logprobs(Api.text("is there a red circle?")));
    Reply reply = api.post(logprobs(with(Api.text("is there a red circle?"), wish(method))));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(choice(reply)).isEqualTo(choice(plain));
    WhatWasKept kept = checked(reply);
    assertThat(kept.method()).isEqualTo("none");
    assertThat(kept.pictures()).isEmpty();
    assertThat(kept.flopsRatio()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"method\":\"fastv\",\"keep_ratio\":1}",
        "{\"method\":\"random\",\"flops_ratio\":1}",
        "{\"method\":\"visionzip\",\"keep_ratio\":1}",
        "{\"method\":\"vtw\",\"layer\":8}"
      })
  void keepingEverythingIsNoPruning(String wish) throws Exception {
    Reply plain = api.post(logprobs(with(Api.question(QUESTION), wish("none"))));
    Reply reply = api.post(logprobs(with(Api.question(QUESTION), json(wish).put("report", true))));

    assertThat(plain.answer()).isEqualTo(QUESTION.answer());
    assertThat(choice(reply)).isEqualTo(choice(plain)); // with every log-probability
    assertThat(checked(reply).flopsRatio()).isEqualTo(1);
    assertThat(usage(reply).path("image_tokens_kept").asInt()).isEqualTo(TOKENS);
  }

  @Test
  void equalSeedsKeepEqualTokensAndOthersOthers() throws Exception {
    String wish = "{\"method\":\"random\",\"layer\":4,\"seed\":%d}";
    int[] first = checked(ask(QUESTION, wish.formatted(1))).left(0);

    assertThat(checked(ask(QUESTION, wish.formatted(1))).left(0)).isEqualTo(first);
    assertThat(checked(ask(QUESTION, wish.formatted(2))).left(0))
        .hasSameSizeAs(first)
        .isNotEqualTo(first);
  }

  @Test
  void withoutReportThereAreOnlyTheNumbers() throws Exception {
    Reply reply = api.post(with(Api.question(QUESTION), json("{\"method\":\"vtw\",\"layer\":6}")));

    assertThat(reduction(reply).fieldNames())
        .toIterable()
        .containsExactly("method", "flops_ratio", "reason");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"method":"magic"} | method | magic, auto, fastv, fitprune, none, random, visionzip, vtw
          {"method":"none","flops_ratio":0.5} | | keeps every visual token
          {"method":"fastv","flops_ratio":0.01} | flops_ratio | the least it can do
          {"method":"vtw","layer":4,"keep_ratio":0.2} | keep_ratio | before layer 4
          {"method":"fastv","flops_ratio":0.5,"keep_ratio":0.5} | | one of flops_ratio, keep_ratio
          {"method":"fastv","max_ttft_ms":0.001} | max_ttft_ms | max_ttft_ms
          {"method":"fitprune"} | method | has no recipe for model "demo"
          {"method":"vtw"} | method | give a budget or a layer
          {"method":"vtw","layer":9} | layer | 1 to 8
          {"method":"visionzip","layer":3} | layer | leave out the layer
          {"method":"fastv","seed":3} | seed | leave out the seed
          {"method":"fastv","flops_ratio":1.5} | flops_ratio | 1.5
          {"method":"fastv","keep":0.5} | keep | Unknown parameter
          """)
  void whatCannotBeDoneIsA400ThatSaysWhatCan(String wish, String field, String words)
      throws Exception {
    Reply reply = api.post(with(Api.question(QUESTION), json(wish)));

    assertThat(reply.status()).isEqualTo(400);
    String param = "visual_token_reduction" + (field == null ? "" : "." + field);
    assertThat(reply.param()).isEqualTo(param);
    assertThat(reply.message()).contains(words.split(", "));
  }

  @Test
  void aPictureOfHighDetailKeepsEveryToken() throws Exception {
    ObjectNode body = Api.question(QUESTION);
    ((ObjectNode) body.at("/messages/0/content/0/image_url")).put("detail", "high");

    Reply reply = api.post(body);

    assertThat(reply.answer()).isEqualTo(QUESTION.answer());
    assertThat(reduction(reply).path("method").asText()).isEqualTo("none");
    assertThat(usage(reply).path("image_tokens_kept").asInt()).isEqualTo(TOKENS);
  }

  @Test
  void differentMethodsInOneBatchAnswerAsTheyDoAlone() throws Exception {
    List<ObjectNode> bodies = new ArrayList<>();
    for (DemoQuestion question : List.of(QUESTION, DemoQuestion.LONGEST)) {
      for (String wish :
          List.of(
              "{\"method\":\"none\"}",
              "{\"method\":\"fastv\",\"layer\":4}",
              "{\"method\":\"visionzip\"}",
              "{\"method\":\"vtw\",\"layer\":5}",
              "{\"method\":\"random\",\"seed\":9}")) {
        bodies.add(with(Api.question(question), json(wish).put("report", true)));
      }
    }
    List<Reply> alone = new ArrayList<>();
    for (ObjectNode body : bodies) {
      alone.add(api.post(body));
    }

    List<CompletableFuture<Reply>> together = bodies.stream().map(api::postAsync).toList();

    for (int i = 0; i < bodies.size(); i++) {
      Reply reply = together.get(i).join();
      assertThat(reply.answer()).as("%s", bodies.get(i)).isEqualTo(alone.get(i).answer());
      assertThat(reduction(reply)).isEqualTo(reduction(alone.get(i)));
    }
  }

  @Test
  void everyTurnIsPrunedAnew() throws Exception {
    ObjectNode first = with(Api.question(QUESTION), json("{\"method\":\"vtw\",\"layer\":4}"));
    String answer = api.post(first).answer();
    ObjectNode second = first.deepCopy();
    ArrayNode turns = (ArrayNode) second.path("messages");
    turns.addObject().put("role", "assistant").put("content", answer);
    turns.addObject().put("role", "user").put("content", "is there a red circle?");

    Reply whole = api.post(logprobs(with(second, wish("none"))));
    Reply pruned =
        api.post(with(second, json("{\"method\":\"fastv\",\"layer\":4,\"report\":true}")));
    Reply again = api.post(logprobs(with(second, wish("none"))));

    assertThat(choice(again)).isEqualTo(choice(whole)); // nothing of a pruned turn is left
    assertThat(usage(whole).path("image_tokens_kept").asInt()).isEqualTo(TOKENS);
    WhatWasKept kept = checked(pruned);
    assertThat(kept.entered()).startsWith(TOKENS, TOKENS, TOKENS, TOKENS);
    assertThat(kept.left(0)).hasSizeLessThan(TOKENS);
  }

  private Reply ask(DemoQuestion question, String wish) throws Exception {
    return api.post(with(Api.question(question), json(wish).put("report", true)));
  }

  private static WhatWasKept checked(Reply reply) {
    assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
    WhatWasKept kept = WhatWasKept.of(reduction(reply));
    kept.check(usage(reply).path("image_tokens_kept").asInt(), Decoder.DEMO);
    return kept;
  }

  private static ObjectNode with(ObjectNode body, ObjectNode wish) {
    body.set("visual_token_reduction", wish);
    return body;
  }

  private static ObjectNode wish(String method) {
    return Api.JSON.createObjectNode().put("method", method).put("report", true);
  }

  private static ObjectNode logprobs(ObjectNode body) {
    return body.put("logprobs", true).put("top_logprobs", 5);
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) Api.JSON.readTree(text);
  }

  private static JsonNode choice(Reply reply) {
    return reply.body().path("choices");
  }

  private static JsonNode reduction(Reply reply) {
    return reply.body().path("visual_token_reduction");
  }

  private static JsonNode usage(Reply reply) {
    return reply.body().path("usage").path("prompt_tokens_details");
  }
}
