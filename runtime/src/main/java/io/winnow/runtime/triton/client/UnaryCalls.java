package io.winnow.runtime.triton.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes calls with one request and one response, and repeats those that may be. */
final class UnaryCalls {

  /**
   * What is called.
   *
   * @param encode makes the message for the server of an attempt
   * @param decode reads the response, while the attempt still holds what its message needs
   * @param model for error messages; empty where there is none
   */
  record Call<Q, R, T>(
      MethodDescriptor<Q, R> method,
      Function<Attempt, Q> encode,
      BiFunction<R, Attempt, T> decode,
      CallSettings settings,
      String model) {

    /** A call with one message for every server. */
    static <Q, R> Call<Q, R, R> of(
        MethodDescriptor<Q, R> method, Q request, CallSettings settings, String model) {
      return new Call<>(
          method, attempt -> request, (response, attempt) -> response, settings, model);
    }

    /** The same for one that only reads, so that it may be repeated. */
    static <Q, R> Call<Q, R, R> reading(
        MethodDescriptor<Q, R> method, Q request, CallSettings settings, String model) {
      return of(method, request, settings.asRepeatable(), model);
    }
  }

  /** Has something done after a pause, without waiting. */
  interface Pause {

    void thenRun(long nanos, Runnable next);
  }

  private final Router router;
  private final RetryPolicy retries;
  private final Pause pause;

  UnaryCalls(Router router, RetryPolicy retries) {
    this(
        router,
        retries,
        (nanos, next) ->
            CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(next));
  }

  UnaryCalls(Router router, RetryPolicy retries, Pause pause) {
    this.router = router;
    this.retries = retries;
    this.pause = pause;
  }

  void afterPause(long nanos, Runnable next) {
    pause.thenRun(nanos, next);
  }

  /**
   * Makes a call and waits for its response.
   *
   * @throws TritonException if it fails
   */
  <Q, R, T> T blocking(Call<Q, R, T> call) {
    retries.onCall();
    long deadline = System.nanoTime() + call.settings().timeout().toNanos();
    Attempt attempt = null;
    for (int attempts = 1; ; attempts++) {
      attempt = begin(attempt, deadline, true);
      try {
        Q request = attempt.fitting(call.encode().apply(attempt));
        R response =
            ClientCalls.blockingUnaryCall(
                attempt.channel(call.settings()),
                call.method(),
                attempt.options(call.settings()),
                request);
        return attempt.answered(response, call.decode());
      } catch (StatusRuntimeException e) {
        attempt.end(e.getStatus());
        OptionalLong pause = pause(call.settings(), attempt, e.getStatus(), attempts);
        if (pause.isEmpty() || !slept(pause.getAsLong())) {
          throw TritonException.of(e, attempt.backend().address(), call.model());
        }
      } finally {
        attempt.end(Status.CANCELLED); // nothing, unless something else was thrown
      }
    }
  }

  /** Makes a call; cancelling the future cancels it. */
  <Q, R, T> CompletableFuture<T> future(Call<Q, R, T> call) {
    retries.onCall();
    long deadline = System.nanoTime() + call.settings().timeout().toNanos();
    PendingCall<Q, R, T> pending = new PendingCall<>(this, call, deadline);
    pending.attempt();
    return pending;
  }

  /**
   * Begins an attempt, after one that failed if there was one.
   *
   * @param mayWait whether the thread may wait for the server
   */
  Attempt begin(@Nullable Attempt failed, long deadlineNanos, boolean mayWait) {
    if (failed != null && failed.lostItsRegion()) {
      return new Attempt(failed.backend().lease(), deadlineNanos, Attempt.Sharing.NONE);
    }
    return new Attempt(
        router.acquire(failed == null ? null : failed.backend()),
        deadlineNanos,
        mayWait ? Attempt.Sharing.WAITING : Attempt.Sharing.AT_HAND);
  }

  /** The pause before a failed attempt is repeated; empty if it must not be. */
  OptionalLong pause(CallSettings settings, Attempt attempt, Status status, int attempts) {
    if (attempt.lostItsRegion()) {
      return OptionalLong.of(0);
    }
    // What never got onto a connection cannot have had an effect.
    boolean harmless = settings.repeatable() || !attempt.reachedConnection();
    return status.getCode() == Status.Code.UNAVAILABLE && harmless
        ? retries.pauseBeforeRepetition(attempts, attempt.remainingNanos())
        : OptionalLong.empty();
  }

  private static boolean slept(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static Channel through(Channel channel, CallSettings settings) {
    return settings.headers().isEmpty()
        ? channel
        : ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(headers(settings)));
  }

  static CallOptions options(CallSettings settings) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
    return settings.compressed() ? options.withCompression("gzip") : options;
  }

  static Metadata headers(CallSettings settings) {
    Metadata headers = new Metadata();
    settings
        .headers()
        .forEach(
            (name, value) ->
                headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    return headers;
  }
}
