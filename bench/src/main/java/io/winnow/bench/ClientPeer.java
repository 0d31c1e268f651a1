package io.winnow.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** NVIDIA's Python client in a process of its own; see bench/peers/triton-client/peer.py. */
final class ClientPeer implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter questions;
  private final String version;

  private ClientPeer(Process process) throws IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.questions = process.outputWriter(StandardCharsets.UTF_8);
    this.version = answer().path("version").asText();
  }

  /**
   * Starts it and waits until it is connected.
   *
   * @throws IOException if it cannot run; the message says why
   */
  static ClientPeer start(Path root, Path python, String address, Path log) throws IOException {
    if (!Files.isExecutable(python)) {
      throw new IOException(
          "there is no Python with tritonclient at %s; bench/peers/README.md says how to make it"
              .formatted(python));
    }
    String program = root.resolve("bench/peers/triton-client/peer.py").toString();
    Process process =
        new ProcessBuilder(python.toString(), program, address).redirectError(log.toFile()).start();
    try {
      return new ClientPeer(process);
    } catch (IOException e) {
      process.destroy();
      throw new IOException("NVIDIA's client does not run, see " + log, e);
    }
  }

  String version() {
    return version;
  }

  /** Times of calls that echo so many floats, milliseconds. // [calls] */
  double[] measure(int floats, int calls) throws IOException {
    questions.write(floats + " " + calls + "\n");
    questions.flush();
    JsonNode millis = answer().path("millis");
    double[] times = new double[millis.size()];
    for (int i = 0; i < times.length; i++) {
      times[i] = millis.get(i).asDouble();
    }
    return times;
  }

  private JsonNode answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("it ended without an answer");
    }
    return JSON.readTree(line);
  }

  @Override
  public void close() throws IOException {
    questions.close(); // its sign to end
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
