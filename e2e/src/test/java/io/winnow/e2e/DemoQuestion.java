package io.winnow.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A question about a bundled picture, and what the reference implementation answers greedily.
 *
 * @param picture file name
 * @param text the question
 * @param answer the reference's answer
 */
record DemoQuestion(String picture, String text, String answer) {

  private static final Path FOLDER = TestMesh.ROOT.resolve("demo-model/pictures");

  /** Names a place, a colour and a shape, so that a picture read wrongly gets a wrong answer. */
  static final DemoQuestion TELLING =
      new DemoQuestion("ex04.png", "What is in the top of the image?", "a yellow triangle");

  /** The longest answer of the set. */
  static final DemoQuestion LONGEST =
      new DemoQuestion(
          "ex07.png",
          "Describe the image",
          "a small blue triangle, a big blue heart, a small green heart, a big orange triangle,"
              + " a small pink heart, a word");

  static List<DemoQuestion> all() {
    try {
      return Files.readAllLines(FOLDER.resolve("questions.tsv")).stream()
          .skip(1)
          .map(line -> Arrays.asList(line.split("\t", -1)))
          .map(row -> new DemoQuestion(row.get(0), row.get(2), row.get(4)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path pictureFile() {
    return FOLDER.resolve(picture);
  }

  byte[] pictureBytes() {
    try {
      return Files.readAllBytes(pictureFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
