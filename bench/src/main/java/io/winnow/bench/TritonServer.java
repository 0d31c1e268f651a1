package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.triton.TritonRuntimes;
import io.winnow.runtime.triton.TritonSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;

/** A real Triton on loopback that runs one decoder, and the runtime that speaks with it. */
final class TritonServer implements AutoCloseable {

  private final TritonProcess process;
  private final DecoderRuntime decoder;

  private TritonServer(TritonProcess process, DecoderRuntime decoder) {
    this.process = process;
    this.decoder = decoder;
  }

  /** Starts one and waits until the decoder serves. */
  static TritonServer start(Path root, RepositoryModel model, File log)
      throws IOException, InterruptedException {
    TritonProcess process = TritonProcess.start(root, model.root(), model.name() + "-decoder", log);
    DecoderRuntime decoder =
        TritonRuntimes.decoder(model, process.address(), TritonSettings.defaults());
    TritonServer server = new TritonServer(process, decoder);
    try {
      process.await(decoder::alive);
      return server;
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
  }

  DecoderRuntime decoder() {
    return decoder;
  }

  @Override
  public void close() {
    decoder.close();
    process.close();
  }
}
