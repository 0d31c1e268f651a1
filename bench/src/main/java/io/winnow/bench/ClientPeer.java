package io.winnow.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** NVIDIA's Python client in a process of its own; see bench/peers/triton-client/peer.py. */
final class ClientPeer implements AutoCloseable {

  private final JsonProcess process;

  private ClientPeer(JsonProcess process) {
    this.process = process;
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
    try {
      return new ClientPeer(JsonProcess.start(List.of(python.toString(), program, address), log));
    } catch (IOException e) {
      throw new IOException("NVIDIA's client does not run, see " + log, e);
    }
  }

  String version() {
    return process.version();
  }

  /** Times of calls that echo so many floats, milliseconds. // [calls] */
  double[] measure(int floats, int calls) throws IOException {
    JsonNode millis = process.ask(floats + " " + calls).path("millis");
    double[] times = new double[millis.size()];
    for (int i = 0; i < times.length; i++) {
      times[i] = millis.get(i).asDouble();
    }
    return times;
  }

  @Override
  public void close() throws IOException {
    process.close();
  }
}
