package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One replica's try at a generation: listens to that replica, and says to it what the caller has
 * said. Its state is guarded by the generation's lock.
 */
final class Attempt implements GenerationListener {

  private final ReplicatedGeneration generation;
  private final ReplicatedDecoderRuntime home;
  private final Progress progress;
  private final Tries tries;
  private final GenerationListener listener;
  private final Member<DecoderRuntime> member;
  private final PassedOn passed;
  private @Nullable Generation handle;
  private long heardNanos;
  private boolean queued;
  private boolean heard;
  private boolean decodes; // and nothing silent is left to do before the next token
  private boolean stalled;
  private boolean left;

  /**
   * Nothing said yet. With the generation's lock held.
   *
   * @param listener of the caller
   */
  Attempt(
      ReplicatedGeneration generation, Member<DecoderRuntime> member, GenerationListener listener) {
    this.generation = generation;
    this.home = generation.home();
    this.progress = generation.progress();
    this.tries = generation.tries();
    this.listener = listener;
    this.member = member;
    this.heardNanos = home.nanoTime();
    this.passed = new PassedOn(progress);
  }

  Member<DecoderRuntime> member() {
    return member;
  }

  String name() {
    return member.name();
  }

  /** Whether anything of the generation happened there. With the generation's lock held. */
  boolean begun() {
    return heard;
  }

  /** It has waited for the caller until now. With the generation's lock held. */
  void silentWithReason() {
    heardNanos = home.nanoTime();
  }

  void opened(Generation opened) {
    boolean unwanted;
    synchronized (generation) {
      handle = opened;
      unwanted = generation.isClosed() || stalled;
    }
    forward();
    if (unwanted) {
      opened.close();
    }
  }

  void close() {
    Generation open;
    synchronized (generation) {
      open = handle;
    }
    if (open != null) {
      open.close();
    }
  }

  /** Gives the replica up if it is silent without reason. */
  void checkProgress() {
    long sinceReady = home.nanoTime() - home.readyNanos(member);
    boolean live = home.isReady(member);
    synchronized (generation) {
      if (!generation.isOn(this) || !progress.owesWork()) {
        return;
      }
      long silence = home.nanoTime() - heardNanos;
      // One that is queued, prefills behind others or says a replay again is silent with reason
      // as long as its replica is well, which that is asked for itself.
      boolean lost =
          live
              ? decodes && silence >= home.stalledAfter().toNanos()
              : Math.min(silence, sinceReady) >= home.unreachableAfter().toNanos();
      if (!lost) {
        return;
      }
      stalled = true;
    }
    close();
  }

  /** Passes on what the caller has said and this replica has not heard. */
  void forward() {
    Generation open;
    PassedOn.News news;
    synchronized (generation) {
      if (handle == null || left) {
        return;
      }
      open = handle;
      news = passed.news();
    }
    news.tell(open);
  }

  boolean mayGoOnElsewhere(RuntimeFailure failure) {
    return switch (failure.kind()) {
      case UNAVAILABLE -> true;
      case RESOURCE_EXHAUSTED -> !heard; // refused; later it is this generation's own doing
      case CANCELLED, INTERNAL -> false; // the replica's last word: it would be said again
    };
  }

  @Override
  public void onQueued() {
    synchronized (generation) {
      queued = true;
      tries.accepted();
    }
    home.line().call();
  }

  @Override
  public void onPrefillStarted() {
    if (heard(progress::start)) {
      listener.onPrefillStarted();
    }
  }

  @Override
  public void onSegmentEnd(SegmentEnd end) {
    boolean first =
        heard(
            () -> {
              passed.reached(end.segment());
              return progress.end(end.segment());
            });
    if (first) {
      listener.onSegmentEnd(end);
    }
    forward(); // it may have been answered when another replica was there
  }

  @Override
  public void onPrefilled(PrefillSummary summary) {
    boolean first =
        heard(
            () -> {
              decodes = passed.replayedTokens() == 0;
              return progress.prefilled(summary);
            });
    if (first) {
      listener.onPrefilled(summary);
    }
  }

  @Override
  public void onToken(SampledToken token) {
    boolean due =
        heard(
            () -> {
              decodes = true;
              return progress.token(token);
            });
    if (!due) {
      throw new IllegalStateException(
          "runtime %s drew the token of step %d where %d was due"
              .formatted(member.name(), token.step(), progress.tokens()));
    }
    listener.onToken(token);
  }

  @Override
  public void onFinished(FinishCause finish) {
    leave();
    home.succeeded(member);
    home.line().call();
    generation.end(told -> told.onFinished(finish));
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    leave();
    boolean silent;
    boolean madeRoom;
    synchronized (generation) {
      silent = stalled && !generation.isClosed();
      madeRoom = queued || heard;
    }
    if (madeRoom) {
      home.line().call();
    }
    generation.lost(this, silent ? silent() : failure);
  }

  /** Takes part no more. */
  void leave() {
    synchronized (generation) {
      if (left) {
        return;
      }
      left = true;
    }
    home.release(member);
  }

  private boolean heard(BooleanSupplier event) {
    synchronized (generation) {
      heard = true;
      heardNanos = home.nanoTime();
      tries.accepted();
      return event.getAsBoolean();
    }
  }

  private RuntimeFailure silent() {
    return new RuntimeFailure(
        Kind.UNAVAILABLE, "runtime " + member.name() + " was silent for too long");
  }
}
