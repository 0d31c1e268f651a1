package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Embedded runtimes as replicas, for the contract suite. */
final class Replicas {

  private Replicas() {}

  /** Two, of which each has half the slots, rounded up. */
  static DecoderRuntime two(RepositoryModel model, Bounds bounds) {
    Bounds half = new Bounds((bounds.slots() + 1) / 2, bounds.maxQueued());
    return of(model, embedded(model, half), embedded(model, half));
  }

  /** One with these bounds, and one that was closed and refuses everything. */
  static DecoderRuntime oneAndALostOne(RepositoryModel model, Bounds bounds) {
    DecoderRuntime lost = embedded(model, new Bounds(1, 1));
    lost.close();
    return of(model, lost, embedded(model, bounds));
  }

  private static DecoderRuntime embedded(RepositoryModel model, Bounds bounds) {
    return EmbeddedRuntimes.decoder(
        model,
        EmbeddedSettings.defaults()
            .withCapacityClasses(List.of(model.manifest().getDecoder().getContextLength()))
            .withSlotsPerClass(bounds.slots())
            .withMaxQueued(bounds.maxQueued()));
  }

  private static DecoderRuntime of(RepositoryModel model, DecoderRuntime... runtimes) {
    return ReplicatedDecoderRuntime.open(
        model.manifest().getDecoder(),
        new HashSet<>(model.manifest().getPrompt().getEosTokenIdsList()),
        named(List.of(runtimes)),
        ReplicaSettings.defaults());
  }

  /** Runtimes that are open already, by number. */
  static ReplicaSource<DecoderRuntime> named(Collection<DecoderRuntime> runtimes) {
    Map<String, DecoderRuntime> named = new LinkedHashMap<>();
    runtimes.forEach(runtime -> named.put("replica " + named.size(), runtime));
    return new ReplicaSource<>() {
      @Override
      public Set<String> names() {
        return named.keySet();
      }

      @Override
      public Replica<DecoderRuntime> open(String name) {
        DecoderRuntime runtime = named.get(name);
        return new Replica<>(runtime, runtime::alive);
      }
    };
  }
}
