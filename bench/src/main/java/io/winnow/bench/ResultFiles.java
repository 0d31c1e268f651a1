package io.winnow.bench;

import io.winnow.cli.results.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes results down, each with where it comes from.
 *
 * @param root checkout that is measured
 * @param folder where the files go; created if it is missing
 */
record ResultFiles(Path root, Path folder) {

  /** What people wrote below this stays when the file is written again. */
  private static final String NOTES = "## Notes\n";

  /**
   * Writes one result; gives its text.
   *
   * @param file name in the folder
   * @param command how it was measured
   */
  String write(String file, String title, String body, String command) throws IOException {
    Path path = folder.resolve(file);
    String text = "# %s%n%n%s%n```%n%s%s%n```%n".formatted(title, body, Origin.of(root), command);
    Files.createDirectories(folder);
    Files.writeString(path, text + notes(path));
    return text;
  }

  private static String notes(Path file) throws IOException {
    String old = Files.exists(file) ? Files.readString(file) : "";
    int begin = old.indexOf(NOTES);
    return begin < 0 ? "" : "\n" + old.substring(begin);
  }
}
