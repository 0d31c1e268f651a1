package io.winnow.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageWriterTest {

  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir private Path folder;

  @Test
  void givesTheSameBytesForTheSameFiles() throws Exception {
    byte[] first = write("first", List.of("a", "b", "c"), CREATED);
    byte[] second = write("second", List.of("c", "b", "a"), CREATED.plusSeconds(1000));

    assertThat(second).isEqualTo(first);
  }

  @Test
  void givesOtherBytesForOtherFiles() throws Exception {
    assertThat(write("first", List.of("a"), CREATED))
        .isNotEqualTo(write("second", List.of("b"), CREATED));
  }

  @Test
  void namesWhatHasNotBeenBuilt() {
    ImageContents image = image(folder.resolve("absent"));

    assertThatThrownBy(() -> writer("x").write(image, List.of(), "amd64", "1", folder.resolve("x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("absent is missing");
  }

  /** Writes an image of a folder whose files are made in this order, with these times. */
  private byte[] write(String name, List<String> files, Instant modified) throws Exception {
    Path app = Files.createDirectories(folder.resolve(name).resolve("app"));
    Path system = Files.createDirectories(folder.resolve(name).resolve("system/bin"));
    for (String file : files) {
      fill(app.resolve(file), modified);
      fill(system.resolve(file), modified);
    }
    Path tar = folder.resolve(name + ".tar");
    writer(name).write(image(app), List.of(system.getParent()), "amd64", "1", tar);
    return Files.readAllBytes(tar);
  }

  private static void fill(Path file, Instant modified) throws IOException {
    Files.writeString(file, file.getFileName().toString());
    Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  /** With a cache of its own, so that nothing is taken from another run. */
  private ImageWriter writer(String name) {
    return new ImageWriter(ImageWriter.SCRATCH, folder.resolve(name).resolve("jib"), CREATED);
  }

  private static ImageContents image(Path app) {
    return new ImageContents(
        "sample", List.of(new ImageContents.Layer(app, "/opt/sample")), List.of("/bin/a"));
  }
}
