package io.winnow.runtime.embedded;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.RepositoryModel;
import java.util.Optional;

/** Opens runtimes that compute inside this JVM. */
public final class EmbeddedRuntimes {

  private EmbeddedRuntimes() {}

  /**
   * Loads a decoder; takes as long as reading and packing its weights does.
   *
   * @throws ModelRepositoryException if a graph cannot be loaded
   * @throws IllegalArgumentException if the settings leave no room for a single generation
   */
  public static DecoderRuntime decoder(RepositoryModel model, EmbeddedSettings settings) {
    return new EmbeddedDecoderRuntime(model, settings);
  }

  /**
   * Loads a vision tower.
   *
   * @throws ModelRepositoryException if the graph cannot be loaded
   */
  public static EncoderRuntime encoder(RepositoryModel model, EmbeddedSettings settings) {
    return new EmbeddedEncoderRuntime(model, settings);
  }

  /**
   * Loads the exit gates beside a model; empty where it has none.
   *
   * @throws ModelRepositoryException if the graph cannot be loaded
   */
  public static Optional<ExitGates> gates(RepositoryModel model, EmbeddedSettings settings) {
    return model.gates().map(manifest -> new EmbeddedExitGates(model, manifest, settings));
  }
}
