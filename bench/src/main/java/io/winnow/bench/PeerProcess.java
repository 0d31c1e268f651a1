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
 * Another engine with the same model, as a Python process that {@code bench/peers/peer.py} runs. It
 * loads once and then measures whenever it is asked, so that rounds can go from engine to engine.
 */
final class PeerProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter questions;
  private final String version;

  private PeerProcess(Process process) throws IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.questions = process.outputWriter(StandardCharsets.UTF_8);
    this.version = answer().path("version").asText();
  }

  /** Times of one generation, in milliseconds. */
  record Times(double prefillMillis, double tokenMillis) {}

  /**
   * Starts one and waits until it has loaded.
   *
   * @throws IOException if it cannot serve such a model; the message says why
   */
  static PeerProcess start(List<String> command, Path log) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    try {
      return new PeerProcess(process);
    } catch (IOException e) {
      process.destroy();
      throw e;
    }
  }

  String version() {
    return version;
  }

  /**
   * Reads a prompt of random tokens and generates further ones.
   *
   * @param prompt tokens of the prompt
   * @param further tokens after the first
   */
  Times measure(int prompt, int further) throws IOException {
    questions.write(prompt + " " + further + "\n");
    questions.flush();
    JsonNode answer = answer();
    return new Times(answer.path("prefill_ms").asDouble(), answer.path("token_ms").asDouble());
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
}
