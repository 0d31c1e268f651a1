package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.RepositoryModel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomLlavaTest {

  private static final Path BUNDLED = Path.of("../demo-model/checkpoint");
  private static final RandomLlava.Shape SMALL =
      new RandomLlava.Shape(
          3, 64, 96, 4, 2, 300, 1024, false, new RandomLlava.Tower(2, 32, 48, 2, 48, 8));

  @TempDir Path folder;

  @Test
  void writesACheckpointThatIsExportedAndAnswers() throws Exception {
    Path checkpoint = folder.resolve("random");
    RandomLlava.write(checkpoint, BUNDLED, SMALL, 7);
    Exporter.export(ExportRequest.of(checkpoint, folder, "random"), (file, done, total) -> {});
    RepositoryModel model = ModelRepository.open(folder).model("random");
    try (DirectPath direct = new DirectPath(model)) {
      byte[] picture = Files.readAllBytes(Path.of("../demo-model/pictures/ex01.png"));
      assertThat(direct.prompt(picture, "what is this?").length()).isGreaterThan(36);
      assertThat(direct.firstTokenMillis(picture, "what is this?")).isPositive();
    }
  }

  @Test
  void writesTheSameFilesFromTheSameSeed() throws Exception {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    Path other = folder.resolve("other");
    RandomLlava.write(first, BUNDLED, SMALL, 7);
    RandomLlava.write(second, BUNDLED, SMALL, 7);
    RandomLlava.write(other, BUNDLED, SMALL, 8);
    String weights = "model-00001-of-00001.safetensors";
    assertThat(first.resolve(weights)).hasSameBinaryContentAs(second.resolve(weights));
    assertThat(Files.mismatch(first.resolve(weights), other.resolve(weights))).isNotEqualTo(-1);
  }

  @Test
  void refusesToMixWithOtherWeights() throws Exception {
    RandomLlava.write(folder, BUNDLED, SMALL, 7);
    assertThatThrownBy(() -> RandomLlava.write(folder, BUNDLED, SMALL, 7))
        .isInstanceOf(FileAlreadyExistsException.class);
  }
}
