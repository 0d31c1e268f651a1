package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls with one response: deadline, cancellation, headers, failures and repetition. */
class UnaryCallsTest {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));
  private static final RetrySettings QUICK =
      new RetrySettings(3, Duration.ofNanos(1), Duration.ofNanos(2), 0, 4);
  private static final InferRequest REQUEST =
      InferRequest.to("echo").input("x", Tensor.int32(new int[] {7}, 1)).build();

  private final ScriptedTriton server = new ScriptedTriton();
  private final TritonEndpoint endpoint =
      TritonEndpoint.of(server.backend(ClientSettings.defaults()), QUICK);

  @AfterEach
  void close() {
    endpoint.close();
    server.close();
  }

  @Test
  void answersBlockingAndLater() throws Exception {
    assertThat(endpoint.infer(REQUEST, CALL).output("x").toInts()).containsExactly(7);
    assertThat(endpoint.inferAsync(REQUEST, CALL).get(10, TimeUnit.SECONDS).output("x").toInts())
        .containsExactly(7);
    assertThat(endpoint.outstanding()).isZero();
  }

  @Test
  void sendsHeadersAndDeadline() {
    endpoint.infer(
        REQUEST, CALL.withTraceparent("00-a-b-01").withHeader("X-Tenant", "t").asCompressed());
    Metadata headers = server.headers.remove();
    assertThat(headers.get(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("00-a-b-01");
    assertThat(headers.get(Metadata.Key.of("x-tenant", Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("t");
    assertThat(server.deadline).isNotNull();
    assertThat(server.deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(1L, 30L);
  }

  @Test
  void repeatsAReadOnlyCallThatFoundNoServer() {
    failFirst(2, Status.UNAVAILABLE);
    assertThat(endpoint.infer(REQUEST, CALL.asRepeatable()).output("x").toInts())
        .containsExactly(7);
    assertThat(server.infers).hasValue(3);
    failFirst(2, Status.UNAVAILABLE);
    assertThat(endpoint.inferAsync(REQUEST, CALL.asRepeatable()).join().output("x").toInts())
        .containsExactly(7);
    assertThat(server.infers).hasValue(6);
  }

  @Test
  void repeatsNoInferenceThatMayHaveHadAnEffect() {
    failFirst(1, Status.UNAVAILABLE);
    assertThatThrownBy(() -> endpoint.infer(REQUEST, CALL)).isInstanceOf(TritonException.class);
    assertThat(server.infers).hasValue(1);
    failFirst(1, Status.UNAVAILABLE);
    assertThatThrownBy(() -> endpoint.inferAsync(REQUEST, CALL).join())
        .hasCauseInstanceOf(TritonException.class);
    assertThat(server.infers).hasValue(2);
  }

  @Test
  void repeatsNoFailureOfAnotherKind() {
    failFirst(1, Status.RESOURCE_EXHAUSTED);
    assertThatThrownBy(() -> endpoint.infer(REQUEST, CALL.asRepeatable()))
        .isInstanceOf(TritonException.class);
    assertThat(server.infers).hasValue(1);
  }

  @Test
  void stopsRepeatingWhenTheBudgetOfAllCallsIsSpent() {
    failFirst(1_000, Status.UNAVAILABLE);
    for (int i = 0; i < 10; i++) {
      assertThatThrownBy(() -> endpoint.infer(REQUEST, CALL.asRepeatable()))
          .isInstanceOf(TritonException.class);
    }
    assertThat(server.infers).hasValue(10 + 4);
  }

  @Test
  void refusesARepeatableRequestOfASequence() {
    InferRequest inSequence = REQUEST.toBuilder().sequence(1, true, false).build();
    assertThatThrownBy(() -> endpoint.infer(inSequence, CALL.asRepeatable()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void endsAtTheDeadlineAndTellsTheServer() throws Exception {
    CountDownLatch cancelled = hang();
    Duration timeout = Duration.ofMillis(50);
    do { // until it gets as far as the server, which a busy machine delays
      timeout = timeout.multipliedBy(2);
      CallSettings brief = CALL.withTimeout(timeout).asRepeatable();
      TritonException failure =
          catchThrowableOfType(TritonException.class, () -> endpoint.infer(REQUEST, brief));
      assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    } while (server.infers.get() == 0);
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(server.infers).hasValue(1);
  }

  @Test
  void cancelsAtTheServerWhenTheFutureIsCancelled() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cancelled = hang(arrived);
    CompletableFuture<InferResponse> pending = endpoint.inferAsync(REQUEST, CALL);
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(pending.cancel(true)).isTrue();
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void makesNoFurtherAttemptWhenCancelledInThePause() {
    List<Runnable> paused = new ArrayList<>();
    Backend backend = server.backend(ClientSettings.defaults());
    UnaryCalls calls =
        new UnaryCalls(
            avoid -> backend.lease(),
            new RetryPolicy(RetrySettings.defaults(), () -> 0),
            (nanos, next) -> paused.add(next));
    failFirst(2, Status.UNAVAILABLE);
    for (boolean cancelled : new boolean[] {true, false}) {
      CompletableFuture<InferResponse> pending =
          new RoutedInference(avoid -> backend.lease(), calls)
              .inferAsync(REQUEST, CALL.asRepeatable());
      int before = server.infers.get();
      assertThat(paused).hasSize(1);
      assertThat(pending.isDone()).isFalse();
      assertThat(cancelled && pending.cancel(true)).isEqualTo(cancelled);
      paused.remove(0).run(); // the pause is over
      assertThat(server.infers).hasValue(cancelled ? before : before + 1);
    }
    backend.close();
  }

  @Test
  void cancelsAtTheServerWhenTheThreadIsInterrupted() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cancelled = hang(arrived);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicReference<Boolean> interrupted = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                endpoint.infer(REQUEST, CALL);
              } catch (TritonException e) {
                thrown.set(e);
              }
              interrupted.set(Thread.currentThread().isInterrupted());
            });
    caller.start();
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
    caller.interrupt();
    caller.join(10_000);
    assertThat(thrown.get()).hasMessageContaining("CANCELLED");
    assertThat(interrupted.get()).isTrue();
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void saysWhatFailedWhereAndWhatToDo() {
    failFirst(1, Status.NOT_FOUND.withDescription("no such model"));
    TritonException failure =
        catchThrowableOfType(TritonException.class, () -> endpoint.infer(REQUEST, CALL));
    assertThat(failure.code()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(failure.model()).isEqualTo("echo");
    assertThat(failure.endpoint()).isEqualTo(server.name);
    assertThat(failure.serverMessage()).isEqualTo("no such model");
    assertThat(failure)
        .hasMessage(
            "model \"echo\" at "
                + server.name
                + ": NOT_FOUND: no such model. "
                + "Look for the model in the repository index and load it.");
    assertThat(failure.isTransient()).isFalse();
  }

  @Test
  void reportsAResponseThatBreaksTheProtocol() {
    server.infer =
        (request, answer) -> {
          answer.onNext(
              ModelInferResponse.newBuilder()
                  .addOutputs(ModelInferResponse.InferOutputTensor.newBuilder().setDatatype("FP3"))
                  .build());
          answer.onCompleted();
        };
    assertThatThrownBy(() -> endpoint.infer(REQUEST, CALL)).hasMessageContaining("FP3");
    assertThatThrownBy(() -> endpoint.inferAsync(REQUEST, CALL).get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("FP3");
    assertThat(endpoint.outstanding()).isZero();
  }

  @Test
  void refusesCallsOnceClosed() {
    endpoint.close();
    assertThatThrownBy(() -> endpoint.infer(REQUEST, CALL))
        .isInstanceOf(IllegalStateException.class);
    assertThat(endpoint.outstanding()).isZero();
  }

  private void failFirst(int failures, Status status) {
    AtomicInteger left = new AtomicInteger(failures);
    server.infer =
        (request, answer) -> {
          if (left.getAndDecrement() > 0) {
            answer.onError(status.asRuntimeException());
          } else {
            answer.onNext(ScriptedTriton.echo(request));
            answer.onCompleted();
          }
        };
  }

  private CountDownLatch hang() {
    return hang(new CountDownLatch(1));
  }

  /** Answers nothing; counts down when the call was cancelled. */
  private CountDownLatch hang(CountDownLatch arrived) {
    CountDownLatch cancelled = new CountDownLatch(1);
    BiConsumer<ModelInferRequest, StreamObserver<ModelInferResponse>> silent =
        (request, answer) -> {
          Context.current().addListener(context -> cancelled.countDown(), Runnable::run);
          arrived.countDown();
        };
    server.infer = silent;
    return cancelled;
  }
}
