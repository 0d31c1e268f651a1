package io.winnow.decoder.chat;

import io.winnow.decoder.chat.AnswerSummary.Finish;
import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.AnswerSummary.Timings;
import io.winnow.decoder.chat.AnswerSummary.Usage;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Answers by script and records what it was asked. Events come on a thread of its own, deltas only
 * against credit.
 */
public final class FakeChatService implements ChatService, AutoCloseable {

  public static final Usage USAGE = new Usage(40, 3, 24, 12);
  public static final PromptCount PROMPT = new PromptCount(16, 24);
  public static final long SEED = 7;

  private static final Duration STEP = Duration.ofMillis(1500);

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
  private volatile Function<ChatRequest, Script> script = request -> Script.of("Hello", " world");
  private volatile Optional<ChatFailure> countFailure = Optional.empty();
  private volatile Optional<KeptReport> kept = Optional.empty();
  private volatile Optional<ExitReport> exit = Optional.empty();

  /**
   * How to answer.
   *
   * @param count deltas in all
   * @param delta the i-th of them
   * @param failure ends the answer after the deltas, instead of its summary
   * @param startsFirst whether onStarted comes before that end
   * @param go events wait for this
   */
  public record Script(
      int count,
      IntFunction<AnswerDelta> delta,
      Optional<ChatFailure> failure,
      boolean startsFirst,
      CompletableFuture<Void> go) {

    public static Script of(String... texts) {
      return deltas(texts.length, i -> new AnswerDelta(texts[i], List.of()));
    }

    public static Script deltas(int count, IntFunction<AnswerDelta> delta) {
      return new Script(
          count, delta, Optional.empty(), true, CompletableFuture.completedFuture(null));
    }

    /** Fails before the first token. */
    public static Script failing(ChatFailure failure) {
      return new Script(
          0,
          i -> new AnswerDelta("", List.of()),
          Optional.of(failure),
          false,
          CompletableFuture.completedFuture(null));
    }

    public Script thenFailing(ChatFailure end) {
      return new Script(count, delta, Optional.of(end), startsFirst, go);
    }

    public Script after(CompletableFuture<Void> gate) {
      return new Script(count, delta, failure, startsFirst, gate);
    }
  }

  public void answerBy(Function<ChatRequest, Script> other) {
    script = other;
  }

  /** Coming answers report this. */
  public void keep(KeptReport report) {
    kept = Optional.of(report);
  }

  /** Coming answers report this of the questions on the way. */
  public void exit(ExitReport report) {
    exit = Optional.of(report);
  }

  public void failCountsWith(ChatFailure failure) {
    countFailure = Optional.of(failure);
  }

  /** The calls so far, oldest first; taking one removes it. */
  public BlockingQueue<Call> calls() {
    return calls;
  }

  @Override
  public ActiveAnswer answer(
      ChatRequest request, AnswerListener listener, AnswerTelemetry telemetry) {
    Script chosen = script.apply(request);
    Call call = new Call(request, listener, chosen);
    calls.add(call);
    chosen.go.thenRunAsync(call::start, thread);
    return call;
  }

  @Override
  public PromptCount count(ChatRequest request) {
    countFailure.ifPresent(
        failure -> {
          throw new ChatFailureException(failure);
        });
    return PROMPT;
  }

  @Override
  public List<ServedModel> models() {
    return List.of(
        new ServedModel("demo", 1024, 1_700_000_000), new ServedModel("org/other", 2048, 1));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** One call; its fields are only touched on the fake's thread. */
  public final class Call implements ActiveAnswer {

    private final ChatRequest request;
    private final AnswerListener listener;
    private final Script plan;
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private volatile int sent;
    private long granted;
    private boolean started;
    private boolean ended;

    private Call(ChatRequest request, AnswerListener listener, Script plan) {
      this.request = request;
      this.listener = listener;
      this.plan = plan;
    }

    public ChatRequest request() {
      return request;
    }

    /** Completes when somebody cancels. */
    public CompletableFuture<Void> cancelled() {
      return cancelled;
    }

    /** Deltas sent so far. */
    public int sent() {
      return sent;
    }

    @Override
    public void request(int deltas) {
      thread.execute(
          () -> {
            granted += deltas;
            pump();
          });
    }

    @Override
    public void cancel() {
      thread.execute(
          () -> {
            if (!ended) {
              cancelled.complete(null);
              end(() -> listener.onFailed(cancellation()));
            }
          });
    }

    private void start() {
      if (ended) {
        return;
      }
      if (plan.startsFirst) {
        listener.onStarted(
            new AnswerStarted(request.id(), request.model().orElse("demo"), SEED, PROMPT));
      }
      started = true;
      pump();
    }

    private void pump() {
      while (started && !ended && sent < plan.count && granted > 0) {
        granted--;
        listener.onDelta(plan.delta.apply(sent++));
      }
      if (started && !ended && sent == plan.count) {
        end(
            () ->
                plan.failure.ifPresentOrElse(
                    listener::onFailed, () -> listener.onFinished(summary())));
      }
    }

    private void end(Runnable event) {
      ended = true;
      event.run();
    }
  }

  private static ChatFailure cancellation() {
    return ChatFailure.of(ChatFailure.Reason.CANCELLED, "The caller went away.");
  }

  private AnswerSummary summary() {
    Timings timings =
        new Timings(Duration.ZERO, STEP, STEP, STEP, STEP, STEP, STEP, Duration.ofNanos(2500));
    return new AnswerSummary(
        Finish.STOP, USAGE, timings, new Reduction("none", 1.0, "not asked", kept, exit));
  }
}
