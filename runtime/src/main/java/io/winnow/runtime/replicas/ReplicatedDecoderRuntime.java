package io.winnow.runtime.replicas;

import static java.util.Objects.requireNonNull;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import io.winnow.v1.DecoderManifest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A decoder on several runtimes of the same model. A generation starts on the least loaded one and
 * stays there. If that one is lost, another takes the generation up: it runs the prefill again with
 * the keep counts of the plan and the exit that was taken, is made to say the tokens so far, and
 * goes on. The caller hears every event once and every token once; it is asked about a segment's
 * end once, and an answer that it gave counts on every replica. Only a failure of kind {@code
 * UNAVAILABLE} moves a generation, and a refusal for want of room one that has not begun there. A
 * generation that some replica had taken is not refused: while the others are full it waits for
 * room, as long as a silent replica is waited for, or until its caller closes it.
 *
 * <p>While no replica is ready, {@link #alive()} is false, and a generation fails with {@code
 * UNAVAILABLE} and the reason after one has been tried.
 */
public final class ReplicatedDecoderRuntime implements DecoderRuntime {

  private final DecoderManifest manifest;
  private final Set<Integer> endTokens;
  private final ReplicaSettings settings;
  private final LongSupplier nanoClock;
  private final ReplicaPool<DecoderRuntime> pool;
  private final Watch watch;
  private final RoomLine line = new RoomLine();
  private final Set<ReplicatedGeneration> live = new HashSet<>(); // bounded by the replicas' queues
  private int untold; // started, terminal event not yet delivered
  private boolean draining;
  private boolean closed;

  /**
   * Opens the replicas there are, and asks each whether it is ready.
   *
   * @param manifest shape of the decoder, the same on every replica
   * @param endTokens ids that end an answer
   */
  public static ReplicatedDecoderRuntime open(
      DecoderManifest manifest,
      Set<Integer> endTokens,
      ReplicaSource<DecoderRuntime> source,
      ReplicaSettings settings) {
    ReplicatedDecoderRuntime runtime =
        new ReplicatedDecoderRuntime(manifest, endTokens, source, settings, System::nanoTime);
    runtime.tick();
    runtime.watch.start();
    return runtime;
  }

  /** One that looks at its replicas only when {@link #tick} is called. */
  ReplicatedDecoderRuntime(
      DecoderManifest manifest,
      Set<Integer> endTokens,
      ReplicaSource<DecoderRuntime> source,
      ReplicaSettings settings,
      LongSupplier nanoClock) {
    this.manifest = manifest;
    this.endTokens = Set.copyOf(endTokens);
    this.settings = settings;
    this.nanoClock = nanoClock;
    this.pool = new ReplicaPool<>(source, ReplicatedDecoderRuntime::load, settings, nanoClock);
    this.watch = new Watch("winnow-replicas", settings.probeInterval(), pool, this::lookAfter);
  }

  @Override
  public DecoderManifest manifest() {
    return manifest;
  }

  @Override
  public Generation start(GenerationRequest request, GenerationListener listener) {
    requireNonNull(listener, "listener is null");
    ReplicatedGeneration generation =
        new ReplicatedGeneration(this, new Progress(request, manifest, endTokens), listener);
    boolean refused;
    synchronized (this) {
      refused = closed || draining;
      live.add(generation);
      untold++;
    }
    if (refused) {
      generation.fail(stopping());
      return generation;
    }
    try {
      generation.begin();
    } catch (RuntimeException e) {
      ended(generation);
      told();
      throw e;
    }
    return generation;
  }

  @Override
  public RuntimeLoad load() {
    // Work is counted wherever it is, room only where it can be had.
    RuntimeLoad sum = new RuntimeLoad(line.length(), 0, 0, 0, 0);
    List<Member<DecoderRuntime>> well = pool.well();
    for (Member<DecoderRuntime> member : pool.all()) {
      RuntimeLoad one = member.runtime().load();
      sum = sum.plus(well.contains(member) ? one : one.work());
    }
    return sum;
  }

  /** Whether a replica is ready; unlike others this runtime may come to life again. */
  @Override
  public boolean alive() {
    return !pool.well().isEmpty();
  }

  @Override
  public synchronized boolean drain(Duration timeout) throws InterruptedException {
    draining = true;
    long end = nanoClock.getAsLong() + timeout.toNanos();
    long left = timeout.toNanos();
    while (untold > 0 && left > 0) {
      // Rounded up: a wait of 0 would be one for ever.
      wait(left / 1_000_000 + 1);
      left = end - nanoClock.getAsLong();
    }
    return untold == 0;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    watch.stop();
    line.shut().forEach(generation -> generation.fail(stopping()));
    pool.close();
  }

  /** One round, on this thread. */
  void tick() {
    pool.lookUp();
    pool.ask(Runnable::run);
    lookAfter();
  }

  /** Looks at who waits for a silent replica, or for room. */
  private void lookAfter() {
    List<ReplicatedGeneration> all;
    synchronized (this) {
      all = List.copyOf(live);
    }
    for (ReplicatedGeneration generation : all) {
      generation.checkProgress();
    }
    line.call();
  }

  // For the generations

  Optional<Member<DecoderRuntime>> choose(Set<String> avoided) {
    return pool.choose(avoided);
  }

  Optional<Member<DecoderRuntime>> chooseWell(Set<String> avoided) {
    return pool.chooseWell(avoided);
  }

  void release(Member<DecoderRuntime> member) {
    pool.release(member);
  }

  void succeeded(Member<DecoderRuntime> member) {
    pool.succeeded(member);
  }

  void lost(Member<DecoderRuntime> member) {
    pool.lost(member);
  }

  List<String> names() {
    return pool.names();
  }

  /** Whether the member said so when it was asked last. */
  boolean isReady(Member<DecoderRuntime> member) {
    return pool.isReady(member);
  }

  /** When the member said last that it was ready. */
  long readyNanos(Member<DecoderRuntime> member) {
    return pool.readyNanos(member);
  }

  Duration stalledAfter() {
    return settings.stalledAfter();
  }

  Duration unreachableAfter() {
    return settings.unreachableAfter();
  }

  /** Those that wait for room. */
  RoomLine line() {
    return line;
  }

  RuntimeFailure stopping() {
    return new RuntimeFailure(Kind.UNAVAILABLE, "the runtime is stopping: ask another one");
  }

  int maxReplays() {
    return settings.maxReplays();
  }

  long nanoTime() {
    return nanoClock.getAsLong();
  }

  synchronized boolean closed() {
    return closed;
  }

  void checkSegment(int segment) {
    if (segment < 0 || segment >= manifest.getSegmentsCount()) {
      throw new IllegalArgumentException(
          "segment is " + segment + ", must be in 0.." + (manifest.getSegmentsCount() - 1));
    }
  }

  synchronized void ended(ReplicatedGeneration generation) {
    live.remove(generation);
  }

  synchronized void told() {
    untold--;
    if (untold == 0) {
      notifyAll();
    }
  }

  /** Share of the slots that are taken or asked for, by others too where the runtime knows them. */
  private static double load(Member<DecoderRuntime> member) {
    RuntimeLoad load = member.runtime().load();
    int own = Math.max(member.working(), load.queued() + load.running());
    int busy = own + load.others().queued() + load.others().running();
    return busy / (double) Math.max(1, load.slots());
  }
}
