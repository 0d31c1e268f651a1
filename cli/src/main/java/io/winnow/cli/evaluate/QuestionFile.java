package io.winnow.cli.evaluate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads questions with their true answers: tab-separated, with a header that names at least the
 * columns picture, type, question and true answer. Pictures are relative to the file's folder.
 */
public final class QuestionFile {

  private static final List<String> COLUMNS = List.of("picture", "type", "question", "true answer");

  private QuestionFile() {}

  /**
   * Reads all questions.
   *
   * @throws IOException if that is no such file; the message says what is missing and where
   */
  public static List<KnownQuestion> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is no file; it should hold questions, one a line");
    }
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    List<Integer> places = places(file, lines);
    List<KnownQuestion> questions = new ArrayList<>();
    for (int number = 1; number < lines.size(); number++) {
      List<String> cells = List.of(lines.get(number).split("\t", -1));
      for (int place : places) {
        if (place >= cells.size()) {
          throw new IOException(
              "%s, line %d has %d columns, too few".formatted(file, number + 1, cells.size()));
        }
      }
      questions.add(
          new KnownQuestion(
              file.resolveSibling(cells.get(places.get(0))),
              cells.get(places.get(1)),
              cells.get(places.get(2)),
              cells.get(places.get(3))));
    }
    if (questions.isEmpty()) {
      throw new IOException(file + " has no questions below its header");
    }
    return questions;
  }

  /** Where each of the columns stands. */
  private static List<Integer> places(Path file, List<String> lines) throws IOException {
    List<String> header = lines.isEmpty() ? List.of() : List.of(lines.get(0).split("\t", -1));
    if (!header.containsAll(COLUMNS)) {
      throw new IOException(
          "%s has the columns %s; needed are %s, separated by tabs"
              .formatted(file, header, COLUMNS));
    }
    return COLUMNS.stream().map(header::indexOf).toList();
  }
}
