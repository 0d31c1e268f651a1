package io.winnow.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that says its version in a line of JSON, then answers each line with one, until its
 * input ends. Not thread-safe.
 */
final class JsonProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter questions;
  private final String version;

  private JsonProcess(Process process) throws IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.questions = process.outputWriter(StandardCharsets.UTF_8);
    this.version = answer().path("version").asText();
  }

  /**
   * Starts one and waits for its first line.
   *
   * @throws IOException if it ends, or says that it is unavailable and why
   */
  static JsonProcess start(List<String> command, Path log) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    try {
      return new JsonProcess(process);
    } catch (IOException e) {
      process.destroy();
      throw e;
    }
  }

  String version() {
    return version;
  }

  /** Writes a line and reads the answer. */
  JsonNode ask(String line) throws IOException {
    questions.write(line + "\n");
    questions.flush();
    return answer();
  }

  private JsonNode answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("it ended without an answer");
    }
    JsonNode answer = JSON.readTree(line);
    if (answer.has("unavailable")) {
      throw new IOException(answer.path("unavailable").asText());
    }
    return answer;
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
