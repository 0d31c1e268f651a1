package io.winnow.runtime.triton.client;

import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The future of a call; its cancellation cancels the attempt that is under way. */
final class PendingCall<Q, R, T> extends CompletableFuture<T> {

  private final UnaryCalls calls;
  private final UnaryCalls.Call<Q, R, T> call;
  private final long deadlineNanos;
  private int attempts;
  private @Nullable Attempt last;
  private volatile @Nullable ClientCall<Q, R> running;

  PendingCall(UnaryCalls calls, UnaryCalls.Call<Q, R, T> call, long deadlineNanos) {
    this.calls = calls;
    this.call = call;
    this.deadlineNanos = deadlineNanos;
  }

  /** Begins the next attempt. Attempts follow each other, so their fields need no lock. */
  void attempt() {
    attempts++;
    Attempt attempt = calls.begin(last, deadlineNanos, false);
    last = attempt;
    try {
      Q request = attempt.fitting(call.encode().apply(attempt));
      ClientCall<Q, R> begun =
          attempt.channel(call.settings()).newCall(call.method(), attempt.options(call.settings()));
      running = begun;
      ClientCalls.asyncUnaryCall(begun, request, new Receiver(attempt));
      if (isCancelled()) {
        begun.cancel("the future was cancelled", null);
      }
    } catch (StatusRuntimeException e) { // it is too large
      onFailure(attempt, e);
    } catch (RuntimeException e) {
      attempt.end(Status.CANCELLED);
      throw e;
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    ClientCall<Q, R> begun = running;
    if (cancelled && begun != null) {
      begun.cancel("the future was cancelled", null);
    }
    return cancelled;
  }

  private void onFailure(Attempt attempt, Throwable failure) {
    Status status = Status.fromThrowable(failure);
    attempt.end(status);
    OptionalLong pause =
        isDone() ? OptionalLong.empty() : calls.pause(call.settings(), attempt, status, attempts);
    if (pause.isEmpty()) {
      completeExceptionally(
          TritonException.of(status, attempt.backend().address(), call.model(), failure));
      return;
    }
    calls.afterPause(pause.getAsLong(), this::attemptAgain);
  }

  private void attemptAgain() {
    if (isDone()) {
      return; // cancelled during the pause
    }
    try {
      attempt();
    } catch (RuntimeException e) {
      completeExceptionally(e);
    }
  }

  /** Takes the outcome of one attempt. */
  private final class Receiver implements StreamObserver<R> {

    private final Attempt attempt;
    private @Nullable R response;

    Receiver(Attempt attempt) {
      this.attempt = attempt;
    }

    @Override
    public void onNext(R value) {
      response = value;
    }

    @Override
    public void onError(Throwable failure) {
      onFailure(attempt, failure);
    }

    @Override
    public void onCompleted() {
      R value = response;
      if (value == null) {
        onFailure(attempt, Status.INTERNAL.withDescription("no response").asRuntimeException());
        return;
      }
      try {
        complete(attempt.answered(value, call.decode()));
      } catch (RuntimeException e) {
        completeExceptionally(e);
      }
    }
  }
}
