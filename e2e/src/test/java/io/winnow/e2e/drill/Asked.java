package io.winnow.e2e.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A question about a picture, and how its visual tokens are to be pruned.
 *
 * @param picture a file; empty: the question is about words only, and asks nothing of an encoder
 * @param method of {@code visual_token_reduction}; empty: left to the service
 * @param answer what every replica must answer
 */
record Asked(byte[] picture, String text, String method, String answer) {

  /** By recipe, by the gates in pruner-svc, which ask a live stream, and as a baseline. */
  private static final List<String> METHODS = List.of("fitprune", "dyvte", "vtw");

  static final double FLOPS_RATIO = 0.9;

  /** Says what was done, and what was answered. */
  record Heard(String method, String text) {}

  /** Asks once; throws whatever the client throws. */
  interface Caller extends AutoCloseable {
    Heard ask(Asked asked) throws Exception;

    @Override
    void close();
  }

  boolean hasPicture() {
    return picture.length > 0;
  }

  /** A question without a picture; the mesh must be at rest, as for {@link #mixed}. */
  static Asked words(Caller caller) throws Exception {
    Asked asked = new Asked(new byte[0], "What is in the picture?", "", "");
    return new Asked(asked.picture, asked.text, "", caller.ask(asked).text);
  }

  /** The bundled questions, unpruned, with what the reference implementation answers. */
  static List<Asked> bundled() throws IOException {
    Path pictures = Service.ROOT.resolve("demo-model/pictures");
    List<Asked> all = new ArrayList<>();
    for (String line :
        Files.readAllLines(pictures.resolve("questions.tsv")).stream().skip(1).toList()) {
      List<String> row = Arrays.asList(line.split("\t", -1));
      byte[] picture = Files.readAllBytes(pictures.resolve(row.get(0)));
      all.add(new Asked(picture, row.get(2), "", row.get(4)));
    }
    return all;
  }

  /**
   * The bundled questions, every second one pruned. What a pruned one is answered is found out by
   * asking; the mesh must be at rest, so that nothing else is the reason of that answer.
   */
  static List<Asked> mixed(Caller caller) throws Exception {
    List<Asked> all = new ArrayList<>();
    for (Asked plain : bundled()) {
      int number = all.size();
      if (number % 2 == 0) {
        all.add(plain);
        continue;
      }
      String method = METHODS.get(number / 2 % METHODS.size());
      Asked pruned = new Asked(plain.picture, plain.text, method, "");
      Heard heard = caller.ask(pruned);
      if (!heard.method.equals(method)) {
        throw new AssertionError("asked for " + method + ", done was " + heard.method);
      }
      all.add(new Asked(plain.picture, plain.text, method, heard.text));
    }
    return all;
  }

  /** What is wrong with this, or nothing. */
  String complaint(Heard heard) {
    if (!heard.text.equals(answer)) {
      return "answered '%s' instead of '%s' (%s)".formatted(heard.text, answer, method);
    }
    return method.isEmpty() || heard.method.equals(method)
        ? ""
        : "pruned by '%s' instead of '%s'".formatted(heard.method, method);
  }
}
