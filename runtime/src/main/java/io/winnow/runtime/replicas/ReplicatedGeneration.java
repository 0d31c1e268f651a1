package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A generation that survives the loss of the replica it runs on. It is pinned to one replica at a
 * time, an {@link Attempt}; its caller hears every event once, whoever it comes from. The next
 * attempt begins only when the last one has had its terminal event, so two never speak at a time.
 * Replicas and the caller's listener are called without a lock.
 */
final class ReplicatedGeneration implements Generation {

  private static final Logger log = System.getLogger(ReplicatedGeneration.class.getName());

  private final ReplicatedDecoderRuntime home;
  private final Progress progress;
  private final GenerationListener listener;
  private final Set<String> avoided = new HashSet<>(); // replicas that refused or lost it just now
  private @Nullable Attempt current;
  private Optional<RuntimeFailure> cause = Optional.empty(); // why there was no better attempt
  private int replays;
  private boolean closed;
  private boolean ended;

  ReplicatedGeneration(
      ReplicatedDecoderRuntime home, Progress progress, GenerationListener listener) {
    this.home = home;
    this.progress = progress;
    this.listener = listener;
  }

  /** Starts on a replica; a failure may be told before this returns. */
  void begin() {
    Optional<Member<DecoderRuntime>> chosen;
    synchronized (this) {
      chosen = home.choose(avoided);
    }
    if (chosen.isEmpty()) {
      fail(noReplica());
      return;
    }
    Attempt attempt;
    GenerationRequest next;
    synchronized (this) {
      attempt = new Attempt(chosen.get());
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
    }
  }

  /** Gives its replica up if that has been silent for too long. */
  void checkProgress() {
    Attempt attempt;
    synchronized (this) {
      attempt = current;
    }
    if (attempt == null) {
      return;
    }
    long patience = home.patience(attempt.member).toNanos();
    synchronized (this) {
      boolean silent = home.nanoTime() - attempt.heardNanos >= patience;
      if (attempt != current || !silent || !progress.owesWork()) {
        return;
      }
      attempt.stalled = true;
    }
    attempt.close();
  }

  /** The caller says something: a replica that waited for it has been silent with reason. */
  private void said(Runnable what) {
    if (current != null && !progress.owesWork()) {
      current.heardNanos = home.nanoTime();
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
  private void lost(Attempt attempt, RuntimeFailure failure) {
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
      fail(new RuntimeFailure(Kind.CANCELLED, "the generation was closed"));
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
      home.lost(attempt.member);
    }
    synchronized (this) {
      if (attempt.heard) {
        replays++;
        avoided.clear();
        cause = Optional.empty();
      }
      avoided.add(attempt.member.name());
      if (failure.kind() != Kind.RESOURCE_EXHAUSTED
          && avoided.containsAll(home.names())
          && replays < home.maxReplays()) {
        // Some may be back since they were tried; another round is a replay, too.
        replays++;
        avoided.retainAll(Set.of(attempt.member.name()));
      }
      if (cause.isEmpty() || failure.kind() == Kind.RESOURCE_EXHAUSTED) {
        cause = Optional.of(failure);
      }
    }
    if (attempt.heard && replays > home.maxReplays()) {
      String message = "%d runtimes were lost while they answered, the last one: %s";
      fail(new RuntimeFailure(Kind.UNAVAILABLE, message.formatted(replays, failure.message())));
      return;
    }
    log.log(
        Level.INFO,
        "runtime {0} ended a generation after {1} tokens: {2}",
        attempt.member.name(),
        progress.tokens(),
        failure.message());
    takeUp(attempt, failure);
  }

  private void takeUp(Attempt after, RuntimeFailure failure) {
    try {
      if (after.heard) {
        listener.onFailedOver(replays, progress.tokens(), failure); // no attempt speaks just now
      }
      begin();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "a generation cannot be taken up", e);
      fail(new RuntimeFailure(Kind.INTERNAL, "the next runtime refused the replay: " + e));
    }
  }

  private synchronized RuntimeFailure noReplica() {
    if (cause.filter(last -> last.kind() == Kind.RESOURCE_EXHAUSTED).isPresent()) {
      return cause.get();
    }
    String why = cause.map(last -> ": " + last.message()).orElse("");
    return new RuntimeFailure(
        Kind.UNAVAILABLE,
        "no decoder runtime can take the answer (%s)%s; ask again when one is back"
            .formatted(String.join(", ", home.names()), why));
  }

  void fail(RuntimeFailure failure) {
    end(told -> told.onFailed(failure));
  }

  private void end(Consumer<GenerationListener> terminal) {
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

  /** One replica's try. Its state is guarded by the generation's lock. */
  private final class Attempt implements GenerationListener {

    private final Member<DecoderRuntime> member;
    private final PassedOn passed;
    private @Nullable Generation handle;
    private long heardNanos = home.nanoTime();
    private boolean heard;
    private boolean stalled;
    private boolean left;

    /** With the generation's lock held. */
    Attempt(Member<DecoderRuntime> member) {
      this.member = member;
      this.passed = new PassedOn(progress);
    }

    void opened(Generation opened) {
      boolean unwanted;
      synchronized (ReplicatedGeneration.this) {
        handle = opened;
        unwanted = closed || stalled;
      }
      forward();
      if (unwanted) {
        opened.close();
      }
    }

    void close() {
      Generation open;
      synchronized (ReplicatedGeneration.this) {
        open = handle;
      }
      if (open != null) {
        open.close();
      }
    }

    /** Passes on what the caller has said and this replica has not heard. */
    void forward() {
      Generation open;
      PassedOn.News news;
      synchronized (ReplicatedGeneration.this) {
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
      if (heard(() -> progress.prefilled(summary))) {
        listener.onPrefilled(summary);
      }
    }

    @Override
    public void onToken(SampledToken token) {
      if (!heard(() -> progress.token(token))) {
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
      end(told -> told.onFinished(finish));
    }

    @Override
    public void onFailed(RuntimeFailure failure) {
      leave();
      boolean silent;
      synchronized (ReplicatedGeneration.this) {
        silent = stalled && !closed;
      }
      lost(this, silent ? silent() : failure);
    }

    /** Takes part no more. */
    void leave() {
      synchronized (ReplicatedGeneration.this) {
        if (left) {
          return;
        }
        left = true;
      }
      home.release(member);
    }

    private boolean heard(BooleanSupplier event) {
      synchronized (ReplicatedGeneration.this) {
        heard = true;
        heardNanos = home.nanoTime();
        return event.getAsBoolean();
      }
    }

    private RuntimeFailure silent() {
      return new RuntimeFailure(
          Kind.UNAVAILABLE, "runtime " + member.name() + " was silent for too long");
    }
  }
}
