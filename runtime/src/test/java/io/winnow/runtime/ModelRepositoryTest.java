package io.winnow.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelRepositoryTest {

  private static final String MANIFEST =
      """
      {
        "formatVersion": 1,
        "name": "tiny",
        "vision": {"graph": "tiny-vision/1/model.onnx"},
        "decoder": {"layers": 2, "segments": [{"graph": "tiny-decoder/1/segment-0.onnx"}]},
        "prompt": {
          "tokenizer": "tiny-decoder/tokenizer.json",
          "chatTemplate": "tiny-decoder/chat_template.jinja"
        }
      }
      """;

  @TempDir Path root;

  @Test
  void listsAndReadsModels() throws IOException {
    write("tiny-decoder/manifest.json", MANIFEST);
    writeFiles();
    write("other-decoder/readme.txt", "no model");

    ModelRepository repository = ModelRepository.open(root);

    assertThat(repository.models()).containsExactly("tiny");
    RepositoryModel model = repository.model("tiny");
    assertThat(model.name()).isEqualTo("tiny");
    assertThat(model.manifest().getDecoder().getLayers()).isEqualTo(2);
    assertThat(model.file(model.manifest().getPrompt().getTokenizer())).exists();
  }

  @Test
  void refusesAFolderThatIsNotThere() {
    assertThatExceptionOfType(ModelRepositoryException.class)
        .isThrownBy(() -> ModelRepository.open(root.resolve("nowhere")))
        .withMessageContaining("nowhere");
  }

  @Test
  void namesTheModelsItHasWhenAskedForAnother() throws IOException {
    write("tiny-decoder/manifest.json", MANIFEST);

    assertRefuses("huge", "no model \"huge\", it has [tiny]");
    assertRefuses("../tiny", "no model \"../tiny\"");
  }

  @Test
  void refusesAnotherFormatVersion() throws IOException {
    write(
        "tiny-decoder/manifest.json",
        MANIFEST.replace("\"formatVersion\": 1", "\"formatVersion\": 2"));

    assertRefuses("tiny", "format_version 2");
  }

  @Test
  void refusesAManifestThatIsNotJson() throws IOException {
    write("tiny-decoder/manifest.json", "{");

    assertRefuses("tiny", "is not a manifest");
  }

  @Test
  void refusesAManifestOfAnotherModel() throws IOException {
    write("tiny-decoder/manifest.json", MANIFEST.replace("\"tiny\"", "\"small\""));

    assertRefuses("tiny", "describes model \"small\"");
  }

  @Test
  void namesAllMissingFiles() throws IOException {
    write("tiny-decoder/manifest.json", MANIFEST);
    writeFiles();
    Files.delete(root.resolve("tiny-decoder/1/segment-0.onnx"));
    Files.delete(root.resolve("tiny-decoder/tokenizer.json"));

    assertRefuses("tiny", "[tiny-decoder/1/segment-0.onnx, tiny-decoder/tokenizer.json]");
  }

  @Test
  void findsTheGatesBesideTheModel() throws IOException {
    write("tiny-decoder/manifest.json", MANIFEST);
    writeFiles();
    assertThat(ModelRepository.open(root).model("tiny").gates()).isEmpty();

    write(
        "tiny-decoder/manifest.json",
        MANIFEST.replace(
            "\"prompt\"",
            "\"gates\": {\"graph\": \"tiny-gates/1/model.onnx\", \"layers\": [0]}, \"prompt\""));
    assertRefuses("tiny", "[tiny-gates/1/model.onnx]");

    write("tiny-gates/1/model.onnx", "");
    assertThat(ModelRepository.open(root).model("tiny").gates().orElseThrow().getLayersList())
        .containsExactly(0);
  }

  private void assertRefuses(String name, String message) {
    ModelRepository repository = ModelRepository.open(root);
    assertThatExceptionOfType(ModelRepositoryException.class)
        .isThrownBy(() -> repository.model(name))
        .withMessageContaining(message);
  }

  private void writeFiles() throws IOException {
    write("tiny-vision/1/model.onnx", "");
    write("tiny-decoder/1/segment-0.onnx", "");
    write("tiny-decoder/tokenizer.json", "");
    write("tiny-decoder/chat_template.jinja", "");
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
