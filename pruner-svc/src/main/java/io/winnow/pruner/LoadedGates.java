package io.winnow.pruner;

import io.winnow.pruner.planning.GateBook;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The exit gates of the models of a repository, loaded once. Models without gates are as good as
 * none.
 */
final class LoadedGates implements GateBook, AutoCloseable {

  private static final Logger log = System.getLogger(LoadedGates.class.getName());

  private final Map<String, ExitGates> byModel;

  private LoadedGates(Map<String, ExitGates> byModel) {
    this.byModel = Map.copyOf(byModel);
  }

  static LoadedGates none() {
    return new LoadedGates(Map.of());
  }

  /**
   * Loads them.
   *
   * @throws ModelRepositoryException if the repository or a graph cannot be read
   */
  static LoadedGates of(Path repository) {
    Map<String, ExitGates> loaded = new HashMap<>();
    try {
      ModelRepository models = ModelRepository.open(repository);
      for (String name : models.models()) {
        // Gates are small: one thread each is fastest, and streams run side by side.
        EmbeddedRuntimes.gates(
                models.model(name), EmbeddedSettings.defaults().withIntraOpThreads(1))
            .ifPresent(gates -> loaded.put(name, gates));
      }
      loaded.values().forEach(LoadedGates::warm);
    } catch (RuntimeException e) {
      loaded.values().forEach(ExitGates::close);
      throw e;
    }
    loaded.forEach(
        (name, gates) ->
            log.log(Level.INFO, "model {0} has exit gates after layers {1}", name, gates.layers()));
    return new LoadedGates(loaded);
  }

  /** Has each gate say something, so that no prefill waits for what happens only once. */
  private static void warm(ExitGates gates) {
    float[] nothing = new float[gates.statusWidth()];
    gates.layers().forEach(layer -> gates.logits(layer, nothing));
  }

  @Override
  public Optional<ExitGates> of(String model) {
    return Optional.ofNullable(byModel.get(model));
  }

  @Override
  public void close() {
    byModel.values().forEach(ExitGates::close);
  }
}
