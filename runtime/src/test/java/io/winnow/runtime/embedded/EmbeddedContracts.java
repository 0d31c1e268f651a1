package io.winnow.runtime.embedded;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import java.util.List;

/** Translates the contract's bounds. */
final class EmbeddedContracts {

  private EmbeddedContracts() {}

  static DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return EmbeddedRuntimes.decoder(model, settings(model, bounds));
  }

  static EmbeddedSettings settings(RepositoryModel model, Bounds bounds) {
    return EmbeddedSettings.defaults()
        .withCapacityClasses(List.of(model.manifest().getDecoder().getContextLength()))
        .withSlotsPerClass(bounds.slots())
        .withMaxQueued(bounds.maxQueued());
  }
}
