package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.e2e.Launcher.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./winnow calibrate} through the services, against the slow reference's recipes. */
class CalibrateIT {

  private static final int PATIENCE_SECONDS = 600;
  private static final Path DEMO = TestMesh.ROOT.resolve("demo-model");

  @TempDir private static Path folder;
  private static JsonNode goldens;
  private static Path questions;

  @BeforeAll
  static void writeTheReferencesQuestions() throws Exception {
    goldens = Api.JSON.readTree(DEMO.resolve("goldens/calibration.json").toFile());
    List<String> rows = new ArrayList<>();
    rows.add("picture\ttype\tquestion\ttrue answer");
    for (JsonNode sample : goldens.get("samples")) {
      Path picture = DEMO.resolve("calibration").resolve(sample.get("picture").asText());
      rows.add(picture + "\tany\t" + sample.get("question").asText() + "\tany");
    }
    questions = Files.write(folder.resolve("questions.tsv"), rows);
  }

  @Test
  void fitPruneComesToTheReferencesIntegers() throws Exception {
    Path recipes = folder.resolve("fitprune");
    String budgets =
        String.join(",", goldens.get("fitprune").findValuesAsText("visual_saved_ratio"));

    Result result = calibrate(recipes, "--method", "fitprune", "--visual-saved", budgets);

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.err()).contains("24 of 24 prompts");
    List<JsonNode> found = found(recipes);
    assertThat(found).hasSameSizeAs(goldens.get("fitprune"));
    for (JsonNode golden : goldens.get("fitprune")) {
      assertThat(found)
          .as(golden.toString())
          .anySatisfy(
              recipe -> {
                assertThat(recipe.get("deleted")).isEqualTo(golden.get("deleted"));
                assertThat(recipe.at("/calibration/alpha")).isEqualTo(golden.get("alpha"));
                assertThat(recipe.get("visualSavedRatio").asDouble())
                    .isGreaterThanOrEqualTo(golden.get("visual_saved_ratio").asDouble());
              });
    }
    for (JsonNode recipe : found) {
      assertThat(result.out()).contains(recipe.get("name").asText());
      assertThat(recipe.get("fittedVisualTokens").asInt()).isEqualTo(576);
    }
  }

  @Test
  void vtwComesToTheReferencesLayers() throws Exception {
    for (JsonNode golden : goldens.get("vtw")) {
      Path recipes = folder.resolve("vtw-" + golden.get("answer_tokens"));
      double threshold = golden.get("thresholds").get(1).asDouble();

      Result result =
          calibrate(
              recipes,
              "--method",
              "vtw",
              "--threshold",
              threshold,
              "--answer-tokens",
              golden.get("answer_tokens").asInt());

      assertThat(result.status()).as(result.err()).isZero();
      JsonNode recipe = found(recipes).get(0);
      assertThat(recipe.get("withdrawLayer")).isEqualTo(golden.get("withdraw_layers").get(1));
      JsonNode divergences = recipe.at("/calibration/divergences");
      assertThat(divergences).hasSameSizeAs(golden.get("divergences"));
      for (int index = 0; index < divergences.size(); index++) {
        JsonNode expected = golden.get("divergences").get(index);
        assertThat(divergences.get(index).get("layer")).isEqualTo(expected.get("layer"));
        assertThat(divergences.get(index).get("nats").asDouble())
            .isCloseTo(expected.get("nats").asDouble(), within(1e-4));
      }
    }
  }

  private static Result calibrate(Path recipes, Object... how) throws Exception {
    List<Object> args = new ArrayList<>(List.of("calibrate"));
    args.addAll(List.of(how));
    args.addAll(List.of("--questions", questions, "--recipes", recipes));
    return new Launcher(folder, PATIENCE_SECONDS).run(args.toArray());
  }

  private static List<JsonNode> found(Path recipes) throws Exception {
    List<JsonNode> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(recipes)) {
      for (Path file : files.sorted().toList()) {
        found.add(Api.JSON.readTree(file.toFile()));
        assertThat(file).hasFileName(found.get(found.size() - 1).get("name").asText() + ".json");
      }
    }
    return found;
  }
}
