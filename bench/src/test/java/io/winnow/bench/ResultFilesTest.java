package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFilesTest {

  @TempDir private Path folder;

  @Test
  void saysWhereTheResultComesFrom() throws Exception {
    write("| a |\n");

    assertThat(folder.resolve("x.md"))
        .content()
        .startsWith("# Title\n\n| a |\n")
        .contains("commit ", "machine ", "./winnow bench x");
  }

  @Test
  void keepsTheNotesOfPeople() throws Exception {
    write("| old |\n");
    Path file = folder.resolve("x.md");
    Files.writeString(file, Files.readString(file) + "\n## Notes\nIt rained.\n");

    write("| new |\n");

    assertThat(file).content().contains("| new |").doesNotContain("old").endsWith("It rained.\n");
  }

  private void write(String body) throws Exception {
    new ResultFiles(Path.of("."), folder).write("x.md", "Title", body, "./winnow bench x");
  }
}
