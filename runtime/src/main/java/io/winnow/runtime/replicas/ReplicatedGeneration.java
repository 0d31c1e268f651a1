package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A generation that survives the loss of the replica it runs on. It is pinned to one replica at a
 * time, an {@link Attempt}; its caller hears every event once, whoever it comes from. The next
 * attempt begins only when the last one has had its terminal event, so two never speak at a time.
 * Replicas and the caller's listener are called without a lock. The lock is this object.
 */
final class ReplicatedGeneration implements Generation {

  private static final Logger log = System.getLogger(ReplicatedGeneration.class.getName());

  private final ReplicatedDecoderRuntime home;
  private final Progress progress;
  private final GenerationListener listener;
  private final Tries tries;
  private @Nullable Attempt current;
  private boolean closed;
  private boolean ended;

  ReplicatedGeneration(
      ReplicatedDecoderRuntime home, Progress progress, GenerationListener listener) {
    this.home = home;
    this.progress = progress;
    this.listener = listener;
    this.tries = new Tries(home.maxReplays());
  }

  /** Starts on a replica; a failure may be told before this returns. */
  void begin() {
    Set<String> avoided;
    boolean waits;
    synchronized (this) {
      avoided = tries.avoided();
      waits = tries.waits();
    }
    Optional<Member<DecoderRuntime>> chosen =
        waits ? home.chooseWell(avoided) : home.choose(avoided);
    if (chosen.isEmpty()) {
      waitOrFail();
      return;
    }
    Attempt attempt;
    GenerationRequest next;
    synchronized (this) {
      attempt = new Attempt(this, chosen.get(), listener);
      current = attempt;
      next = progress.next();
    }
    Generation handle;
    try {
      handle = chosen.get().runtime().start(next, attempt);
    } catch (RuntimeException e) {
      attempt.leave();
      throw e;
    }
    attempt.opened(handle);
  }

  /** Nobody can take it now: one that was accepted waits if that is for want of room. */
  private void waitOrFail() {
    boolean waits;
    synchronized (this) {
      waits = tries.mayWait();
      if (waits) {
        tries.waits(home.nanoTime());
      }
    }
    if (!waits) {
      fail(noReplica());
      return;
    }
    if (!home.line().join(this)) {
      fail(home.stopping());
      return;
    }
    boolean unwanted;
    synchronized (this) {
      unwanted = closed;
    }
    if (unwanted && home.line().leave(this)) {
      fail(closedByCaller());
    }
  }

  /** There may be room now. */
  void tryAgain() {
    synchronized (this) {
      tries.again();
    }
    beginOrFail();
  }

  private void beginOrFail() {
    try {
      begin();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "a generation cannot be taken up", e);
      fail(new RuntimeFailure(Kind.INTERNAL, "the next runtime refused the replay: " + e));
    }
  }

  @Override
  public void resume(int segment, boolean exit) {
    home.checkSegment(segment);
    synchronized (this) {
      said(() -> progress.verdict(segment, exit));
    }
    forward();
  }

  @Override
  public void decode(int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("tokens is " + tokens + ", must be at least 1");
    }
    synchronized (this) {
      said(() -> progress.grant(tokens));
    }
    forward();
  }

  @Override
  public void close() {
    Attempt attempt;
    synchronized (this) {
      closed = true;
      attempt = current;
    }
    if (attempt != null) {
      attempt.close();
    } else if (home.line().leave(this)) {
      fail(closedByCaller());
    }
  }

  /** Gives its replica up if that has been silent for too long, or the wait for room. */
  void checkProgress() {
    Attempt attempt;
    boolean waitedEnough;
    synchronized (this) {
      attempt = current;
      waitedEnough = tries.waitedNanos(home.nanoTime()) >= home.stalledAfter().toNanos();
    }
    if (attempt != null) {
      attempt.checkProgress();
    } else if (waitedEnough && home.line().leave(this)) {
      fail(noReplica());
    }
  }

  /** The caller says something: a replica that waited for it has been silent with reason. */
  private void said(Runnable what) {
    if (current != null && !progress.owesWork()) {
      current.silentWithReason();
    }
    what.run();
  }

  private void forward() {
    Attempt attempt;
    synchronized (this) {
      attempt = current;
    }
    if (attempt != null) {
      attempt.forward();
    }
  }

  /** An attempt has ended without an answer: goes on elsewhere where that helps. */
  void lost(Attempt attempt, RuntimeFailure failure) {
    Optional<FinishCause> complete;
    boolean given;
    synchronized (this) {
      current = null;
      complete = progress.complete();
      given = closed;
    }
    if (!attempt.mayGoOnElsewhere(failure)) {
      fail(failure);
    } else if (given) {
      fail(closedByCaller());
    } else if (complete.isPresent()) {
      end(told -> told.onFinished(complete.get()));
    } else if (home.closed()) {
      fail(failure);
    } else {
      goOn(attempt, failure);
    }
  }

  private void goOn(Attempt attempt, RuntimeFailure failure) {
    if (failure.kind() != Kind.RESOURCE_EXHAUSTED) {
      home.lost(attempt.member());
    }
    int replays;
    boolean exhausted;
    synchronized (this) {
      tries.ended(attempt.name(), failure, attempt.begun(), home.names());
      replays = tries.replays();
      exhausted = attempt.begun() && tries.exhausted();
    }
    if (exhausted) {
      String message = "%d runtimes were lost while they answered, the last one: %s";
      fail(new RuntimeFailure(Kind.UNAVAILABLE, message.formatted(replays, failure.message())));
      return;
    }
    log.log(
        Level.INFO,
        "runtime {0} ended a generation after {1} tokens: {2}",
        attempt.name(),
        progress.tokens(),
        failure.message());
    try {
      if (attempt.begun()) {
        listener.onFailedOver(replays, progress.tokens(), failure); // no attempt speaks just now
      }
    } catch (RuntimeException e) {
      fail(new RuntimeFailure(Kind.INTERNAL, "the listener failed: " + e));
      return;
    }
    beginOrFail();
  }

  private synchronized RuntimeFailure noReplica() {
    if (tries.lacksRoom()) {
      return tries.cause().orElseThrow();
    }
    String why = tries.cause().map(last -> ": " + last.message()).orElse("");
    return new RuntimeFailure(
        Kind.UNAVAILABLE,
        "no decoder runtime can take the answer (%s)%s; ask again when one is back"
            .formatted(String.join(", ", home.names()), why));
  }

  private static RuntimeFailure closedByCaller() {
    return new RuntimeFailure(Kind.CANCELLED, "the generation was closed");
  }

  ReplicatedDecoderRuntime home() {
    return home;
  }

  /** Guarded by the lock. */
  Progress progress() {
    return progress;
  }

  /** Guarded by the lock. */
  Tries tries() {
    return tries;
  }

  /** With the lock held. */
  boolean isOn(Attempt attempt) {
    return attempt == current;
  }

  /** Whether its caller has closed it. With the lock held. */
  boolean isClosed() {
    return closed;
  }

  void fail(RuntimeFailure failure) {
    end(told -> told.onFailed(failure));
  }

  void end(Consumer<GenerationListener> terminal) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      current = null;
    }
    home.ended(this);
    try {
      terminal.accept(listener);
    } catch (Throwable thrown) {
      // It has nothing more to lose.
      log.log(Level.ERROR, "a listener failed at its terminal event", thrown);
    } finally {
      home.told();
    }
  }
}
