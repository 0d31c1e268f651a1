package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.Api.Reply;
import io.winnow.e2e.Launcher.Result;
import io.winnow.e2e.WhatWasKept.Decoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The visual tokens of the bundled model leave when its gates say so: four segments of two layers,
 * gates after the layers 1, 3 and 5.
 */
class DyVteIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  /** Its gates let go early: counting takes the picture no longer than half of the layers. */
  private static final DemoQuestion SETTLED_SOON =
      new DemoQuestion("ex08.png", "How many diamonds do you see?", "4");

  private static final Path DEMO_MODEL = TestMesh.ROOT.resolve("demo-model");
  private static final List<Integer> GATED = List.of(1, 3, 5);
  private static final int TOKENS = 576;

  private static TestMesh mesh;
  private static Api api;

  @TempDir private Path folder;

  @BeforeAll
  static void serve() {
    mesh =
        TestMesh.serveDemo(
            Map.of(
                Mesh.PRUNER,
                Map.of("winnow.pruner.recipes.folder", DEMO_MODEL.resolve("recipes").toString())));
    api = new Api(mesh.url());
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  @Test
  void theSameQuestionExitsAtTheSameLayerEveryTimeIfItBlocks() throws Exception {
    Reply first = api.post(with(Api.question(SETTLED_SOON), wish("blocking", "true")));
    JsonNode exit = exit(checked(first));
    assertThat(exit.path("layer").isInt()).isTrue();

    for (int again = 0; again < 3; again++) {
      Reply reply = api.post(with(Api.question(SETTLED_SOON), wish("blocking", "true")));
      assertThat(reply.answer()).isEqualTo(first.answer());
      assertThat(exit(checked(reply)).path("layer")).isEqualTo(exit.path("layer"));
      assertThat(checked(reply).path("flops_ratio")).isEqualTo(checked(first).path("flops_ratio"));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "2, 3", "4, 5"})
  void anEagerThresholdExitsAtTheFirstGateFromTheMinimumLayerOnAsVtwWithdrawsThere(
      int minLayer, int layer) throws Exception {
    Reply reply =
        ask(wish("blocking", "true").put("exit_threshold", 1e-9).put("min_layer", minLayer));
    Reply vtw = ask(json("{\"method\":\"vtw\",\"layer\":%d,\"report\":true}", layer + 1));

    JsonNode exit = exit(checked(reply));
    assertThat(exit.path("layer").asInt()).isEqualTo(layer);
    assertThat(exit.path("verdicts")).hasSize(1);
    assertThat(reply.answer()).isEqualTo(vtw.answer());
    assertThat(reduction(reply).path("visual_tokens_entered"))
        .isEqualTo(reduction(vtw).path("visual_tokens_entered"));
    assertThat(reduction(reply).path("flops_ratio")).isEqualTo(reduction(vtw).path("flops_ratio"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void aThresholdThatNoGateReachesKeepsEverything(String blocking) throws Exception {
    Reply reply =
        ask(wish("blocking", blocking).put("exit_threshold", 1 - 1e-9).put("report", true));

    assertThat(reply.answer()).isEqualTo(QUESTION.answer());
    JsonNode exit = exit(checked(reply, blocking.equals("true") ? 0 : 3));
    assertThat(exit.path("layer").isNull()).isTrue();
    assertThat(reduction(reply).path("flops_ratio").asDouble()).isEqualTo(1);
    if (blocking.equals("true")) {
      assertThat(exit.path("verdicts")).hasSize(3);
      assertThat(exit.path("verdicts"))
          .allMatch(verdict -> verdict.path("effect").asText().equals("kept"));
    }
  }

  @Test
  void aPrefillThatRunsOnExitsNoEarlierAndSaysHowLate() throws Exception {
    ObjectNode body = Api.question(SETTLED_SOON);
    int exact = exit(checked(api.post(with(body, wish("blocking", "true"))))).path("layer").asInt();
    for (int again = 0; again < 5; again++) {
      Reply reply = api.post(with(body, wish("blocking", "false")));
      JsonNode exit = exit(checked(reply, 3));
      if (exit.path("layer").isInt()) {
        assertThat(exit.path("layer").asInt()).isGreaterThanOrEqualTo(exact);
        assertThat(exit.path("late").asInt() > 0)
            .isEqualTo(exit.path("layer").asInt() > decisive(exit).path("layer").asInt());
      }
    }
  }

  @Test
  void fitPruneThinsOutBeforeTheExit() throws Exception {
    Reply alone = ask(json("{\"method\":\"fitprune\",\"flops_ratio\":0.6,\"report\":true}"));
    Reply reply =
        ask(
            wish("blocking", "true")
                .put("with", "fitprune")
                .put("flops_ratio", 0.6)
                .put("min_layer", 2)
                .put("exit_threshold", 1e-9));

    JsonNode reduction = checked(reply);
    int layer = exit(reduction).path("layer").asInt();
    assertThat(reduction.path("method").asText()).isEqualTo("dyvte+fitprune");
    assertThat(layer).isEqualTo(3);
    assertThat(exit(reduction).path("flops_ratio_without").asDouble())
        .isEqualTo(reduction(alone).path("flops_ratio").asDouble());
    assertThat(reduction.path("flops_ratio").asDouble())
        .isLessThan(exit(reduction).path("flops_ratio_without").asDouble());
    for (int i = 0; i <= layer; i++) {
      assertThat(reduction.path("visual_tokens_entered").get(i))
          .isEqualTo(reduction(alone).path("visual_tokens_entered").get(i));
    }
  }

  @Test
  void fastVDropsHalfBeforeTheExit() throws Exception {
    Reply reply = ask(wish("blocking", "true").put("with", "fastv").put("layer", 1));

    JsonNode reduction = checked(reply);
    assertThat(reduction.path("method").asText()).isEqualTo("dyvte+fastv");
    assertThat(reduction.path("visual_tokens_entered").get(0).asInt()).isEqualTo(TOKENS);
    assertThat(reduction.path("visual_tokens_entered").get(1).asInt()).isEqualTo(TOKENS / 2);
    assertThat(exit(reduction).path("verdicts").get(0).path("visual_tokens").asInt())
        .isEqualTo(TOKENS / 2);
  }

  @Test
  void aBudgetBindsWhateverTheGatesSay() throws Exception {
    JsonNode reduction =
        checked(
            ask(wish("blocking", "true").put("exit_threshold", 1 - 1e-9).put("flops_ratio", 0.6)));

    assertThat(reduction.path("flops_ratio").asDouble()).isLessThanOrEqualTo(0.6);
    assertThat(exit(reduction).path("layer").isNull()).isTrue(); // it was the budget
  }

  @Test
  void aPromptWithoutPictureAsksNothing() throws Exception {
    Reply plain = api.post(Api.text("is there a red circle?"));
    Reply reply = api.post(with(Api.text("is there a red circle?"), wish("blocking", "true")));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.answer()).isEqualTo(plain.answer());
    assertThat(reduction(reply).path("method").asText()).isEqualTo("none");
    assertThat(reduction(reply).has("exit")).isFalse();
  }

  @Test
  void everyTurnIsAskedAnew() throws Exception {
    ObjectNode second = with(Api.question(QUESTION), wish("blocking", "true"));
    ArrayNode turns = (ArrayNode) second.path("messages");
    turns.addObject().put("role", "assistant").put("content", QUESTION.answer());
    turns.addObject().put("role", "user").put("content", "is there a red circle?");

    JsonNode exit = exit(checked(api.post(second)));

    assertThat(exit.path("verdicts").get(0).path("visual_tokens").asInt()).isEqualTo(TOKENS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"method":"dyvte","with":"vtw"} | with | fitprune, fastv, vtw
          {"method":"dyvte","layer":2} | layer | leave out the layer
          {"method":"dyvte","with":"fastv","layer":9} | layer | 1 to 7
          {"method":"dyvte","exit_threshold":1} | exit_threshold | below 1
          {"method":"dyvte","min_layer":7} | min_layer | 0 to 6
          {"method":"dyvte","min_layer":6} | min_layer | [1, 3, 5], from layer 6 on
          {"method":"dyvte","min_layer":4,"keep_ratio":0.3} | keep_ratio | min_layer 4
          {"method":"dyvte","seed":1} | seed | leave out the seed
          {"method":"vtw","layer":4,"blocking":true} | blocking | leave out blocking
          {"method":"auto","with":"fastv"} | with | leave out with
          """)
  void whatCannotBeDoneIsA400ThatSaysWhatCan(String wish, String field, String words)
      throws Exception {
    Reply reply = api.post(with(Api.question(QUESTION), json(wish)));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.param()).isEqualTo("visual_token_reduction." + field);
    assertThat(reply.message()).contains(words.split(", (?=[a-z])"));
  }

  @Test
  void askShowsTheExitAndItsVerdicts() throws Exception {
    Result result =
        new Launcher(folder)
            .run(
                "ask",
                QUESTION.pictureFile(),
                QUESTION.text(),
                "--url",
                mesh.url(),
                "--prune",
                "dyvte",
                "--blocking",
                "--min-layer",
                "2",
                "--exit-threshold",
                "0.000000001");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out().lines())
        .anyMatch(line -> line.matches(" *exit +after layer 3, saved \\d+ % of the FLOPs"))
        .anyMatch(line -> line.matches(" *verdicts +1, none late"));
  }

  /** Whether verdicts are in time depends on the machine; that it is told does not. */
  @Test
  void askSaysWhatBecameOfVerdictsThatNothingWaitedFor() throws Exception {
    Result result =
        new Launcher(folder)
            .run(
                "ask",
                SETTLED_SOON.pictureFile(),
                SETTLED_SOON.text(),
                "--url",
                mesh.url(),
                "--prune",
                "dyvte",
                "--min-layer",
                "2",
                "--exit-threshold",
                "0.000000001");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out().lines())
        .as(result.out())
        .anyMatch(
            line ->
                line.matches(
                    " *exit +(after layer [35](, 2 layers late)?, saved \\d+ % of the FLOPs"
                        + "|none: the verdict after layer [35], to let the picture go, came .* late"
                        + " for all others \\(--blocking waits for it\\)"
                        + "|none: no verdict came)"))
        .anyMatch(line -> line.matches(" *verdicts +\\d, (none|\\d) late.*"));
  }

  private static Reply ask(ObjectNode wish) throws Exception {
    return api.post(with(Api.question(QUESTION), wish));
  }

  /** Asserts what must hold of every report, and that the exit tells what the counts tell. */
  private static JsonNode checked(Reply reply) {
    return checked(reply, 0);
  }

  private static JsonNode checked(Reply reply, int mayBeMissing) {
    assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
    JsonNode reduction = reduction(reply);
    WhatWasKept kept = WhatWasKept.of(reduction);
    kept.check(
        reply.body().at("/usage/prompt_tokens_details/image_tokens_kept").asInt(), Decoder.DEMO);
    JsonNode exit = exit(reduction);
    assertThat(exit.path("missing").asInt()).isLessThanOrEqualTo(mayBeMissing);
    if (!exit.path("layer").isNull()) {
      int last = exit.path("layer").asInt();
      assertThat(kept.entered()[last]).isPositive();
      assertThat(Arrays.stream(kept.entered()).skip(last + 1L)).containsOnly(0);
      assertThat(decisive(exit).path("applied_layer").asInt()).isEqualTo(last);
    }
    for (JsonNode verdict : exit.path("verdicts")) {
      assertThat(verdict.path("layer").asInt()).isIn(GATED);
      assertThat(verdict.path("exit").asBoolean())
          .isEqualTo(
              verdict.path("margin").asDouble() > verdict.path("threshold").asDouble()
                  || verdict.path("effect").asText().equals("moot"));
    }
    return reduction;
  }

  private static JsonNode decisive(JsonNode exit) {
    for (JsonNode verdict : exit.path("verdicts")) {
      if (verdict.path("effect").asText().equals("exited")) {
        return verdict;
      }
    }
    throw new AssertionError("no verdict exited: " + exit);
  }

  private static JsonNode exit(JsonNode reduction) {
    assertThat(reduction.has("exit")).as("%s", reduction).isTrue();
    return reduction.path("exit");
  }

  private static JsonNode reduction(Reply reply) {
    return reply.body().path("visual_token_reduction");
  }

  private static ObjectNode with(ObjectNode body, ObjectNode wish) {
    body.set("visual_token_reduction", wish);
    return body;
  }

  private static ObjectNode wish(String field, String value) {
    return Api.JSON
        .createObjectNode()
        .put("method", "dyvte")
        .put(field, Boolean.parseBoolean(value))
        .put("report", true);
  }

  private static ObjectNode json(String text, Object... values) throws Exception {
    return (ObjectNode) Api.JSON.readTree(text.formatted(values));
  }
}
