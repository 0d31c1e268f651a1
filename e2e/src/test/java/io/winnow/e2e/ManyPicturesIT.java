package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.bench.RandomLlava;
import io.winnow.bench.RandomLlava.Shape;
import io.winnow.bench.RandomLlava.Tower;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.Api.Reply;
import io.winnow.e2e.WhatWasKept.Decoder;
import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several pictures in one prompt, on a random model whose context has room for them: what it says
 * means nothing, what it keeps does. Between decoder-svc and vision-encoder-svc bytes are counted.
 * The bundled model is served too, and both have a recipe.
 */
class ManyPicturesIT {

  private static final int TOKENS = 576; // of a picture
  private static final int PICTURES = 3;
  private static final Shape SHAPE =
      new Shape(8, 64, 128, 4, 2, 256, 4096, false, new Tower(3, 64, 128, 2, 192, 8));
  private static final Decoder DECODER = new Decoder(64, 128);
  private static final int TOKEN_BYTES = 64 * Float.BYTES;

  /** Layout and saliency of a picture, and the protocol's own bytes. */
  private static final int OVERHEAD = 8_000;

  @TempDir private static Path folder;
  private static WireCounter wire;
  private static TestMesh mesh;

  @BeforeAll
  static void serveTwoModels() throws IOException {
    Path checkpoint = folder.resolve("checkpoint");
    RandomLlava.write(checkpoint, TestMesh.ROOT.resolve("demo-model/checkpoint"), SHAPE, 11);
    Path models = folder.resolve("models");
    Exporter.export(ExportRequest.of(checkpoint, models, "random"), (file, done, total) -> {});
    Path bundled = TestMesh.ROOT.resolve("demo-model/checkpoint");
    Exporter.export(ExportRequest.of(bundled, models, "demo"), (file, done, total) -> {});
    Path recipes = Files.createDirectory(folder.resolve("recipes"));
    recipe(recipes, "random", "0, 100, 50, 25, 10, 5, 0, 5");
    recipe(recipes, "demo", "0, 0, 0, 100, 60, 40, 0, 0");
    int encoderPort = FreePorts.find(1).get(0);
    wire = new WireCounter(encoderPort);
    mesh =
        TestMesh.serve(
            models,
            Map.of(
                Mesh.ENCODER,
                Map.of("quarkus.grpc.server.port", Integer.toString(encoderPort)),
                Mesh.PRUNER,
                Map.of("winnow.pruner.recipes.folder", recipes.toString()),
                Mesh.DECODER,
                Map.of("winnow.encoder.target", "127.0.0.1:" + wire.port())));
  }

  @AfterAll
  static void stop() throws IOException {
    mesh.close();
    wire.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"method\":\"fastv\",\"layer\":4,\"flops_ratio\":0.7}",
        "{\"method\":\"random\",\"seed\":3,\"keep_ratio\":0.5}",
        "{\"method\":\"visionzip\",\"keep_ratio\":0.25}"
      })
  void eachPictureKeepsAnEqualShareOfItsOwnTokens(String wish) throws Exception {
    WhatWasKept kept = ask(wish);

    int first = kept.left(0).length;
    assertThat(first).isBetween(20, TOKENS - 20);
    for (int picture = 1; picture < PICTURES; picture++) {
      assertThat(kept.left(picture).length).isBetween(first - 1, first + 1);
    }
    assertThat(kept.left(1)).isNotEqualTo(kept.left(0));
    assertThat(kept.left(2)).isNotEqualTo(kept.left(1));
  }

  @Test
  void anExitTakesAllPicturesOutTogether() throws Exception {
    WhatWasKept kept =
        ask("{\"method\":\"dyvte\",\"blocking\":true,\"exit_threshold\":1e-9,\"min_layer\":2}");

    assertThat(kept.entered()).containsExactly(perPicture(576, 576, 576, 576, 0, 0, 0, 0));
    for (int picture = 0; picture < PICTURES; picture++) {
      assertThat(kept.left(picture)).isEmpty();
    }
  }

  @Test
  void fitPruneDeletesFromEachPictureWhatTheRecipeSays() throws Exception {
    WhatWasKept kept = ask("{\"method\":\"fitprune\",\"flops_ratio\":0.5}");

    assertThat(kept.method()).isEqualTo("fitprune");
    assertThat(kept.entered()).containsExactly(perPicture(576, 576, 376, 276, 226, 206, 196, 196));
    for (int picture = 0; picture < PICTURES; picture++) {
      assertThat(kept.left(picture)).hasSize(186);
    }
    assertThat(kept.left(1)).isNotEqualTo(kept.left(0));
  }

  @Test
  void fitPruneAnswersTheBundledModelsQuestions() throws Exception {
    DemoQuestion question = DemoQuestion.TELLING;
    ObjectNode body = Api.question(question);
    body.putObject("visual_token_reduction").put("method", "fitprune").put("report", true);

    Reply reply = new Api(mesh.url()).post(body);

    assertThat(reply.answer()).isEqualTo(question.answer());
    WhatWasKept kept = WhatWasKept.of(reply.body().path("visual_token_reduction"));
    assertThat(kept.method()).isEqualTo("fitprune");
    assertThat(kept.entered()).containsExactly(576, 576, 576, 576, 376, 256, 176, 176);
    kept.check(411, Decoder.DEMO);
  }

  @Test
  void withdrawalTakesThePicturesOutTogether() throws Exception {
    WhatWasKept kept = ask("{\"method\":\"vtw\",\"layer\":3}");

    assertThat(kept.entered()).containsExactly(perPicture(576, 576, 576, 0, 0, 0, 0, 0));
  }

  @Test
  void keepingEverythingIsNoPruning() throws Exception {
    JsonNode plain = post("{\"method\":\"none\"}").body().path("choices");

    assertThat(plain.at("/0/logprobs/content")).hasSizeGreaterThan(1);
    assertThat(post("{\"method\":\"fastv\",\"keep_ratio\":1}").body().path("choices"))
        .isEqualTo(plain);
  }

  @Test
  void onlySelectedTokensCrossTheWire() throws Exception {
    long everything = bytesSentFor("{\"method\":\"none\"}");
    long inside = bytesSentFor("{\"method\":\"fastv\",\"keep_ratio\":0.75}");
    long selected = bytesSentFor("{\"method\":\"visionzip\",\"keep_ratio\":0.25}");
    long nothing = bytesSentFor("{\"method\":\"vtw\",\"keep_ratio\":0.01}");

    int all = PICTURES * TOKENS * TOKEN_BYTES;
    int overhead = PICTURES * OVERHEAD;
    assertThat(everything).isBetween((long) all, (long) all + overhead);
    assertThat(inside).isBetween((long) all, (long) all + overhead);
    assertThat(selected).isBetween((long) all / 4, (long) all / 4 + overhead);
    assertThat(nothing).isLessThan(overhead);
  }

  private static long bytesSentFor(String wish) throws Exception {
    long before = wire.sent();
    post(wish);
    return wire.sent() - before;
  }

  private static WhatWasKept ask(String wish) throws Exception {
    Reply reply = post(wish);
    WhatWasKept kept = WhatWasKept.of(reply.body().path("visual_token_reduction"));
    JsonNode usage = reply.body().path("usage").path("prompt_tokens_details");
    assertThat(usage.path("image_tokens").asInt()).isEqualTo(PICTURES * TOKENS);
    assertThat(kept.pictures()).hasSize(PICTURES);
    kept.check(usage.path("image_tokens_kept").asInt(), DECODER);
    return kept;
  }

  private static Reply post(String wish) throws Exception {
    ObjectNode body = Api.text("which is red?").put("model", "random").put("max_tokens", 6);
    body.put("logprobs", true);
    body.set("visual_token_reduction", ((ObjectNode) Api.JSON.readTree(wish)).put("report", true));
    ArrayNode content = Api.JSON.createArrayNode();
    for (String file : new String[] {"ex00.png", "ex04.png", "ex08.png"}) {
      byte[] picture = new DemoQuestion(file, "", "").pictureBytes();
      content
          .addObject()
          .put("type", "image_url")
          .putObject("image_url")
          .put("url", Api.dataUrl(picture));
    }
    content.addObject().put("type", "text").put("text", "which is red?");
    ((ObjectNode) body.path("messages").path(0)).set("content", content);
    Reply reply = new Api(mesh.url()).post(body);
    assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
    return reply;
  }

  private static int[] perPicture(int... counts) {
    return IntStream.of(counts).map(count -> PICTURES * count).toArray();
  }

  /** Deletes of a picture of 288 tokens; pictures of these models have twice as many. */
  private static void recipe(Path folder, String model, String deleted) throws IOException {
    String name = model + "-fitprune-0.5";
    String recipe =
        """
        {"formatVersion": 1, "name": "%s", "method": "fitprune", "model": "%s", "layers": 8,
         "flopsRatio": 0.5, "visualSavedRatio": 0.5, "fittedVisualTokens": 288, "deleted": [%s],
         "calibration": {"samples": 1, "textTokens": 9, "visualTokens": 288, "alpha": 0.1,
                         "created": "2026-01-01T00:00:00Z"}}"""
            .formatted(name, model, deleted);
    Files.writeString(folder.resolve(name + ".json"), recipe);
  }
}
