package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.e2e.Launcher.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./winnow ask} as a newcomer calls it. */
@ExtendWith(SharedMesh.class)
class LauncherIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  @TempDir private Path temporary;
  private Path folder;
  private Launcher winnow;

  @BeforeEach
  void standInAFolderWithASpace() throws Exception {
    folder = Files.createDirectory(temporary.resolve("my pictures"));
    winnow = new Launcher(folder);
  }

  @Test
  void askStartsTheServicesAnswersAndStopsThem() throws Exception {
    // A repository of its own, so that no serve that happens to run can answer instead.
    Path models = folder.resolve("models");
    Path checkpoint = TestMesh.ROOT.resolve("demo-model/checkpoint");
    Result export =
        winnow.run("export", "--checkpoint", checkpoint, "--out", models, "--name", "demo");
    assertThat(export.status()).as(export.err()).isZero();

    Result result = winnow.run("ask", QUESTION.pictureFile(), QUESTION.text(), "--models", models);

    assertThat(result.status()).as(result.err()).isZero();
    List<String> lines = result.out().lines().toList();
    assertThat(lines.get(0)).isEqualTo(QUESTION.answer());
    assertThat(lines).anyMatch(line -> line.matches(" *image tokens +576, .+"));
    for (String row : List.of("text tokens", "preprocess", "encode", "wire", "decide", "prefill")) {
      assertThat(lines).anyMatch(line -> line.strip().startsWith(row));
    }
    assertThat(ProcessHandle.allProcesses().filter(process -> serves(process, models))).isEmpty();
  }

  @Test
  void askWithJsonPrintsOneObjectAndNothingElse(TestMesh mesh) throws Exception {
    Files.copy(QUESTION.pictureFile(), folder.resolve("a picture.png"));

    Result result =
        winnow.run("ask", "a picture.png", QUESTION.text(), "--json", "--url", mesh.url());

    assertThat(result.status()).as(result.err()).isZero();
    JsonNode json = Api.JSON.readTree(result.out());
    assertThat(json.path("answer").asText()).isEqualTo(QUESTION.answer());
    assertThat(json.path("model").asText()).isEqualTo("demo");
    assertThat(json.path("usage").path("image_tokens").asInt()).isEqualTo(576);
    assertThat(json.path("usage").path("image_tokens_kept").asInt()).isEqualTo(576);
    assertThat(json.path("usage").path("completion_tokens").asInt()).isPositive();
    assertThat(json.path("timings_ms").fieldNames())
        .toIterable()
        .contains("fetch", "preprocess", "encode", "wire", "decide", "prefill", "first_token")
        .contains("per_token");
    assertThat(json.path("visual_token_reduction").fieldNames())
        .toIterable()
        .contains("method", "flops_ratio", "reason");
    assertThat(result.out().strip()).startsWith("{").endsWith("}");
    assertThat(Api.JSON.readerFor(JsonNode.class).readValues(result.out()).readAll()).hasSize(1);
  }

  @Test
  void evaluateCountsTheRightAnswersByType(TestMesh mesh) throws Exception {
    Path json = folder.resolve("evaluation.json");

    Result result =
        winnow.run("evaluate", "--limit", "24", "--url", mesh.url(), "--json", json.toString());

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out().lines())
        .anyMatch(line -> line.matches("describe +[01]\\.[0-9]{3} +[0-9]+ +[12]"))
        .anyMatch(line -> line.matches("all +[01]\\.[0-9]{3} +[0-9]+ +24"));
    JsonNode all = Api.JSON.readTree(Files.readString(json)).path("accuracy").path("all");
    // The bundled model is right in nine of ten; a wrong picture or question would make it guess.
    assertThat(all.path("share").asDouble()).isGreaterThan(0.6);
  }

  @Test
  void aMissingFileIsOneLineAndStatusOne(TestMesh mesh) throws Exception {
    assertRefused(
        "no.png does not exist", winnow.run("ask", "no.png", "what?", "--url", mesh.url()));
  }

  @Test
  void anEmptyFileIsOneLineAndStatusOne(TestMesh mesh) throws Exception {
    Files.createFile(folder.resolve("empty.png"));

    assertRefused("no bytes", winnow.run("ask", "empty.png", "what?", "--url", mesh.url()));
  }

  @Test
  void whatIsNoPictureIsOneLineAndStatusOne(TestMesh mesh) throws Exception {
    Files.writeString(folder.resolve("text.png"), "just some text");

    assertRefused("picture", winnow.run("ask", "text.png", "what?", "--url", mesh.url(), "--json"));
  }

  @Test
  void anUnknownModelIsOneLineAndStatusOne(TestMesh mesh) throws Exception {
    assertRefused(
        "gpt-0",
        winnow.run(
            "ask", QUESTION.pictureFile(), "what?", "--url", mesh.url(), "--model", "gpt-0"));
  }

  @Test
  void aNegativeNumberOfTokensIsOneLineAndStatusOne(TestMesh mesh) throws Exception {
    assertRefused(
        "max_tokens",
        winnow.run(
            "ask", QUESTION.pictureFile(), "what?", "--url", mesh.url(), "--max-tokens", "-3"));
  }

  @Test
  void aLimitOnTokensEndsTheAnswer(TestMesh mesh) throws Exception {
    Result result =
        winnow.run(
            "ask",
            QUESTION.pictureFile(),
            QUESTION.text(),
            "--url",
            mesh.url(),
            "--max-tokens",
            "2");

    assertThat(result.out().lines().findFirst()).contains("a yellow");
  }

  @Test
  void anAddressWhereNothingListensIsOneLineAndStatusOne() throws Exception {
    assertRefused(
        "nothing answers at",
        winnow.run("ask", QUESTION.pictureFile(), "what?", "--url", "http://127.0.0.1:1"));
  }

  @Test
  void wrongUsageIsStatusTwo() throws Exception {
    assertThat(winnow.run("ask").status()).isEqualTo(2);
  }

  private static void assertRefused(String message, Result result) {
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().strip()).startsWith("winnow: ").contains(message).doesNotContain("\n");
  }

  private static boolean serves(ProcessHandle process, Path models) {
    return process.info().commandLine().orElse("").contains(models.toString());
  }
}
