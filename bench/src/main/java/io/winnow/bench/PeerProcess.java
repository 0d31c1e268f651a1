package io.winnow.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Another engine with the same model, as a Python process that {@code bench/peers/peer.py} runs. It
 * loads once and then measures whenever it is asked, so that rounds can go from engine to engine.
 */
final class PeerProcess implements AutoCloseable {

  private final JsonProcess process;

  private PeerProcess(JsonProcess process) {
    this.process = process;
  }

  /** Times of one generation, in milliseconds. */
  record Times(double prefillMillis, double tokenMillis) {}

  /**
   * Starts one and waits until it has loaded.
   *
   * @throws IOException if it cannot serve such a model; the message says why
   */
  static PeerProcess start(List<String> command, Path log) throws IOException {
    return new PeerProcess(JsonProcess.start(command, log));
  }

  String version() {
    return process.version();
  }

  /**
   * Reads a prompt of random tokens and generates further ones.
   *
   * @param prompt tokens of the prompt
   * @param further tokens after the first
   */
  Times measure(int prompt, int further) throws IOException {
    JsonNode answer = process.ask(prompt + " " + further);
    return new Times(answer.path("prefill_ms").asDouble(), answer.path("token_ms").asDouble());
  }

  @Override
  public void close() throws IOException {
    process.close();
  }
}
