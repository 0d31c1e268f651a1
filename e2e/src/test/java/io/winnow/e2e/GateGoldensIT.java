package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.e2e.Api.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every question of goldens/gates.json, through all three services: the exits of a prefill that
 * waits for pruner-svc, which sees the text's state in half precision, are those of the reference,
 * which ran the gates in Python on the states of transformers.
 */
class GateGoldensIT {

  private static final Path DEMO_MODEL = TestMesh.ROOT.resolve("demo-model");
  private static final int LAYERS = 8;
  private static final int IN_FLIGHT = 4;
  private static final int NONE = -1;

  /**
   * Absolute, of a gate's margin: what the text's state loses in half precision. No margin of the
   * goldens is smaller, so all of their exits are certain.
   */
  private static final double TOLERANCE = 0.01;

  /** Segments, and the layers whose gates stand at their ends. */
  static Stream<Arguments> exports() {
    return Stream.of(
        Arguments.of(4, List.of(1, 3, 5)),
        Arguments.of(LAYERS, IntStream.range(0, LAYERS - 1).boxed().toList()));
  }

  @ParameterizedTest
  @MethodSource("exports")
  void aBlockingPrefillExitsWhereTheReferenceDoes(int segments, List<Integer> gated)
      throws Exception {
    Comparison comparison = new Comparison(gated);
    try (TestMesh mesh = TestMesh.serveDemo(Map.of(), segments)) {
      Api api = new Api(mesh.url());
      Queue<Asked> underWay = new ArrayDeque<>();
      for (JsonNode golden : goldens()) {
        if (underWay.size() == IN_FLIGHT) {
          comparison.add(underWay.remove());
        }
        underWay.add(new Asked(golden, api.postAsync(body(golden))));
      }
      underWay.forEach(comparison::add);
    }
    System.out.printf(
        "gates by pruner-svc: %d questions, margins %.1e, exits %s%n",
        comparison.questions, comparison.worst, comparison.exits);
    assertThat(comparison.questions).isGreaterThanOrEqualTo(100);
    assertThat(comparison.exits).hasSizeGreaterThan(3);
    assertThat(comparison.worst).isLessThan(TOLERANCE);
  }

  private static JsonNode goldens() throws IOException {
    return Api.JSON.readTree(DEMO_MODEL.resolve("goldens/gates.json").toFile()).path("questions");
  }

  private static ObjectNode body(JsonNode golden) throws IOException {
    byte[] picture = Files.readAllBytes(DEMO_MODEL.resolve(golden.path("picture").asText()));
    ObjectNode body = Api.question(picture, golden.path("question").asText());
    body.put("max_tokens", 1); // the exit is the prefill's
    body.putObject("visual_token_reduction")
        .put("method", "dyvte")
        .put("blocking", true)
        .put("report", true);
    return body;
  }

  private record Asked(JsonNode golden, CompletableFuture<Reply> reply) {}

  /** What the answers have shown so far. */
  private static final class Comparison {

    private final List<Integer> gated;
    private final Set<Integer> exits = new HashSet<>();
    private int questions;
    private double worst; // distance of margins

    Comparison(List<Integer> gated) {
      this.gated = gated;
    }

    void add(Asked asked) {
      Reply reply = asked.reply().join();
      assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
      JsonNode reduction = reply.body().path("visual_token_reduction");
      JsonNode exit = reduction.path("exit");
      assertThat(exit.path("missing").asInt(NONE)).as("%s", reduction).isZero();
      for (JsonNode verdict : exit.path("verdicts")) {
        double expected = margin(asked.golden(), verdict.path("layer").asInt());
        worst = Math.max(worst, Math.abs(verdict.path("margin").asDouble() - expected));
      }
      int expected =
          gated.stream().filter(at -> margin(asked.golden(), at) > 0).findFirst().orElse(NONE);
      assertThat(exit.path("layer").asInt(NONE))
          .as("%s", asked.golden().path("question"))
          .isEqualTo(expected);
      assertEntered(reduction.path("visual_tokens_entered"), expected);
      questions++;
      exits.add(expected);
    }

    /** The tokens were in every layer up to the exit, and in none behind it. */
    private static void assertEntered(JsonNode entered, int exit) {
      assertThat(entered).hasSize(LAYERS);
      for (int layer = 0; layer < LAYERS; layer++) {
        assertThat(entered.get(layer).asInt()).isEqualTo(exit == NONE || layer <= exit ? 576 : 0);
      }
    }

    private static double margin(JsonNode golden, int layer) {
      JsonNode logits = golden.path("logits").get(layer);
      return logits.get(1).asDouble() - logits.get(0).asDouble();
    }
  }
}
