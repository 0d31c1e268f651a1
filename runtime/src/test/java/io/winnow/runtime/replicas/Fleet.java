package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.Sampling;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Fake replicas by name, a clock, and the runtime over them. */
final class Fleet implements ReplicaSource<DecoderRuntime> {

  final Map<String, FakeReplica> replicas = new LinkedHashMap<>();
  final Set<String> broken = new HashSet<>(); // cannot be opened
  final ReplicatedDecoderRuntime runtime;
  Optional<IOException> lookupProblem = Optional.empty();
  private Duration now = Duration.ofDays(1);

  Fleet(ReplicaSettings settings, String... names) {
    for (String name : names) {
      replicas.put(name, new FakeReplica());
    }
    runtime =
        new ReplicatedDecoderRuntime(
            FakeReplica.MANIFEST,
            Set.of(FakeReplica.END_OF_SEQUENCE),
            this,
            settings,
            () -> now.toNanos());
    runtime.tick();
  }

  static Fleet of(String... names) {
    return new Fleet(ReplicaSettings.defaults(), names);
  }

  @Override
  public Set<String> names() throws IOException {
    if (lookupProblem.isPresent()) {
      throw lookupProblem.get();
    }
    return Set.copyOf(replicas.keySet());
  }

  @Override
  public Replica<DecoderRuntime> open(String name) {
    if (broken.contains(name)) {
      throw new IllegalStateException("a broken " + name);
    }
    return replicas.get(name).replica();
  }

  FakeReplica replica(String name) {
    return replicas.get(name);
  }

  /** The only replica that has work. */
  FakeReplica busy() {
    return replicas.values().stream().filter(one -> one.live() > 0).findFirst().orElseThrow();
  }

  /** All replicas until nobody has anything to do. */
  void run() {
    while (step()) {}
  }

  boolean step() {
    boolean did = false;
    for (FakeReplica replica : replicas.values()) {
      did |= replica.step();
    }
    return did;
  }

  void pass(Duration time) {
    now = now.plus(time);
    runtime.tick();
  }

  static GenerationRequest request(PrefillPlan plan, int endsAfter, int maxTokens) {
    Prompt prompt =
        new Prompt(
            new long[] {endsAfter},
            new long[] {-1},
            new long[] {0},
            ByteBuffer.allocateDirect(0).asFloatBuffer(),
            1);
    return new GenerationRequest(prompt, plan, new Sampling(1, 1, 0, 7, 0), maxTokens);
  }

  static PrefillPlan observing(boolean blocking, Integer... segments) {
    return new PrefillPlan(
        Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(segments), blocking);
  }
}
