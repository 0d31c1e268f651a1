package io.winnow.runtime.triton;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.RepositoryModel;
import java.util.Optional;

/** Opens runtimes whose graphs run on a Triton server, from the same model repository. */
public final class TritonRuntimes {

  private TritonRuntimes() {}

  /**
   * A decoder on the server's model NAME-decoder. Needs no server yet: while there is none, {@link
   * DecoderRuntime#alive()} is false and generations fail as UNAVAILABLE.
   *
   * @param model whose manifest says what the server runs; its graphs are not read here
   * @param address "host:port" or another gRPC target
   */
  public static DecoderRuntime decoder(
      RepositoryModel model, String address, TritonSettings settings) {
    return new TritonDecoderRuntime(model, address, settings);
  }

  /**
   * A vision tower on the server's model NAME-vision. Needs no server yet.
   *
   * @param model whose manifest says what the server runs
   * @param address "host:port" or another gRPC target
   */
  public static EncoderRuntime encoder(
      RepositoryModel model, String address, TritonSettings settings) {
    return new TritonEncoderRuntime(model, address, settings);
  }

  /**
   * The exit gates on the server's model NAME-gates; empty if the model has none. Needs no server
   * yet.
   *
   * @param model whose manifest says what the server runs
   * @param address "host:port" or another gRPC target
   */
  public static Optional<ExitGates> gates(
      RepositoryModel model, String address, TritonSettings settings) {
    return model.gates().map(manifest -> new TritonExitGates(model, manifest, address, settings));
  }
}
