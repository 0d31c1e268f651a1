package io.winnow.runtime.replicas;

import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import io.winnow.v1.VisionManifest;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A vision tower on several runtimes of the same model. A picture goes to the one that has the
 * fewest; if that one stops or is full, another encodes it, each at most once.
 */
public final class ReplicatedEncoderRuntime implements EncoderRuntime {

  private final VisionManifest manifest;
  private final ReplicaPool<EncoderRuntime> pool;
  private final Watch watch;

  /**
   * Opens the replicas there are, and asks each whether it is ready.
   *
   * @param manifest shape of the tower, the same on every replica
   */
  public static ReplicatedEncoderRuntime open(
      VisionManifest manifest, ReplicaSource<EncoderRuntime> source, ReplicaSettings settings) {
    ReplicatedEncoderRuntime runtime =
        new ReplicatedEncoderRuntime(manifest, source, settings, System::nanoTime);
    runtime.tick();
    runtime.watch.start();
    return runtime;
  }

  /** One that looks at its replicas only when {@link #tick} is called. */
  ReplicatedEncoderRuntime(
      VisionManifest manifest,
      ReplicaSource<EncoderRuntime> source,
      ReplicaSettings settings,
      LongSupplier nanoClock) {
    this.manifest = manifest;
    this.pool = new ReplicaPool<>(source, Member::working, settings, nanoClock);
    this.watch = new Watch("winnow-encoder-replicas", settings.probeInterval(), pool, () -> {});
  }

  @Override
  public VisionManifest manifest() {
    return manifest;
  }

  /** Whether a replica is ready. */
  @Override
  public boolean alive() {
    return !pool.well().isEmpty();
  }

  /**
   * Encodes one picture; see {@link EncoderRuntime#encode(FloatBuffer, Optional)}.
   *
   * @throws RuntimeFullException if a replica is well but has no room, and no other took it
   * @throws RuntimeStoppedException if every replica has stopped
   */
  @Override
  public EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent) {
    Set<String> avoided = new HashSet<>();
    Optional<RuntimeFullException> full = Optional.empty();
    String why = "";
    Optional<Member<EncoderRuntime>> chosen = pool.choose(avoided);
    while (chosen.isPresent()) {
      Member<EncoderRuntime> member = chosen.get();
      try {
        EncodedPicture picture = member.runtime().encode(pixelValues.duplicate(), traceparent);
        pool.succeeded(member);
        return picture;
      } catch (RuntimeStoppedException e) {
        pool.lost(member);
        avoided.add(member.name());
        why = ": " + e.getMessage();
      } catch (RuntimeFullException e) { // no reason to leave the replica alone
        avoided.add(member.name());
        full = Optional.of(e);
      } finally {
        pool.release(member);
      }
      chosen = pool.choose(avoided);
    }
    if (full.isPresent()) {
      throw full.get();
    }
    throw new RuntimeStoppedException(
        "no encoder runtime can take the picture (%s)%s; ask again when one is back"
            .formatted(String.join(", ", pool.names()), why));
  }

  @Override
  public void close() {
    watch.stop();
    pool.close();
  }

  /** One round, on this thread. */
  void tick() {
    pool.lookUp();
    pool.ask(Runnable::run);
  }
}
