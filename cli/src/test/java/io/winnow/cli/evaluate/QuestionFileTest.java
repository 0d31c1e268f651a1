package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestionFileTest {

  @TempDir private Path folder;

  @Test
  void readsColumnsByNameAndPicturesBesideTheFile() throws Exception {
    Path file = write("type\tpicture\textra\ttrue answer\tquestion\nocr\ta.jpg\t-\tCat\tRead it\n");

    assertThat(QuestionFile.read(file))
        .containsExactly(new KnownQuestion(folder.resolve("a.jpg"), "ocr", "Read it", "Cat"));
  }

  @Test
  void readsTheHeldOutSet() throws Exception {
    Path root = Path.of(System.getProperty("winnow.root"));

    assertThat(QuestionFile.read(root.resolve("demo-model/heldout/questions.tsv")))
        .hasSizeGreaterThanOrEqualTo(1000)
        .allSatisfy(question -> assertThat(question.picture()).exists())
        .extracting(KnownQuestion::type)
        .contains("describe", "count");
  }

  @Test
  void namesTheColumnsThatAreNeeded() throws Exception {
    Path file = write("picture\tquestion\na.jpg\tRead it\n");

    assertThatThrownBy(() -> QuestionFile.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("true answer");
  }

  @Test
  void namesTheLineThatIsTooShort() throws Exception {
    Path file = write("picture\ttype\tquestion\ttrue answer\na.jpg\tocr\tRead it\tx\nb.jpg\tocr\n");

    assertThatThrownBy(() -> QuestionFile.read(file)).hasMessageContaining("line 3 has 2 columns");
  }

  @Test
  void refusesAMissingFileAndAnEmptyOne() throws Exception {
    Path file = write("picture\ttype\tquestion\ttrue answer\n");

    assertThatThrownBy(() -> QuestionFile.read(file)).hasMessageContaining("no questions");
    assertThatThrownBy(() -> QuestionFile.read(folder.resolve("none.tsv")))
        .hasMessageContaining("none.tsv is no file");
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("questions.tsv"), text);
  }
}
