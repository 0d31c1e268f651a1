package io.winnow.runtime.picture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of src/test/resources/pictures. */
final class SamplePictures {

  static final Path FOLDER =
      Path.of(System.getProperty("winnow.root"), "runtime/src/test/resources/pictures");

  private SamplePictures() {}

  /** Names of the files that have an expectation. */
  static List<String> names() {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".expected.png"))
          .map(name -> name.replace(".expected.png", ""))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(FOLDER.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Picture picture(String name) {
    return new PictureReader(PictureLimits.DEFAULT).read(bytes(name));
  }
}
