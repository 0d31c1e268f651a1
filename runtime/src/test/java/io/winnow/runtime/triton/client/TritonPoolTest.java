package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TritonPoolTest {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));
  private static final InferRequest REQUEST =
      InferRequest.to("echo").input("x", Tensor.int32(new int[] {7}, 1)).build();
  private static final ClientSettings SETTINGS =
      ClientSettings.defaults()
          .with(new RetrySettings(3, Duration.ofNanos(1), Duration.ofNanos(2), 0, 100))
          .with(
              new EjectionSettings(
                  2, Duration.ofNanos(1), Duration.ofNanos(1), Duration.ofSeconds(10)));

  private final ScriptedTriton first = new ScriptedTriton();
  private final ScriptedTriton second = new ScriptedTriton();
  private final TritonPool pool =
      TritonPool.over(List.of(first.backend(SETTINGS), second.backend(SETTINGS)), SETTINGS);

  @AfterEach
  void close() {
    pool.close();
    first.close();
    second.close();
  }

  @Test
  void sendsACallToTheServerWithFewerOutstanding() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    first.infer =
        (request, answer) -> {
          waiting.countDown();
          new Thread(
                  () -> {
                    await(release);
                    answer.onNext(ScriptedTriton.echo(request));
                    answer.onCompleted();
                  })
              .start();
        };
    CompletableFuture<InferResponse> slow = pool.endpoints().get(0).inferAsync(REQUEST, CALL);
    assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();
    for (int i = 0; i < 5; i++) {
      pool.infer(REQUEST, CALL);
    }
    assertThat(second.infers).hasValue(5);
    release.countDown();
    assertThat(slow.get(10, TimeUnit.SECONDS).output("x").toInts()).containsExactly(7);
  }

  @Test
  void keepsAPinnedCallerOnOneServerAndCountsIt() {
    try (PinnedEndpoint pinned = pool.pin()) {
      TritonEndpoint chosen = pinned.endpoint();
      assertThat(chosen.outstanding()).isEqualTo(1);
      try (PinnedEndpoint other = pool.pin()) {
        assertThat(other.endpoint()).isNotSameAs(chosen);
      }
      for (int i = 0; i < 3; i++) {
        chosen.infer(REQUEST, CALL);
      }
      ScriptedTriton busy = chosen.address().equals(first.name) ? first : second;
      assertThat(busy.infers).hasValue(3);
    }
    assertThat(pool.endpoints()).allMatch(endpoint -> endpoint.outstanding() == 0);
  }

  @Test
  void countsAStreamForItsWholeLife() throws Exception {
    RecordingStreamListener listener = new RecordingStreamListener();
    InferStream stream = pool.openStream(new StreamSettings(CALL, 8, "echo"), listener);
    assertThat(pool.endpoints().stream().mapToInt(TritonEndpoint::outstanding).sum()).isEqualTo(1);
    stream.cancel("done");
    listener.end();
    assertThat(pool.endpoints().stream().mapToInt(TritonEndpoint::outstanding).sum()).isZero();
  }

  @Test
  void leavesOutASickServerAndTakesItBackWhenItIsReady() throws Exception {
    first.infer = (request, answer) -> answer.onError(Status.UNAVAILABLE.asRuntimeException());
    first.ready = false;
    for (int i = 0; i < 8; i++) {
      assertThat(pool.infer(REQUEST, CALL.asRepeatable()).output("x").toInts()).containsExactly(7);
    }
    assertThat(first.infers).hasValue(2);

    first.infer =
        (request, answer) -> {
          answer.onNext(ScriptedTriton.echo(request));
          answer.onCompleted();
        };
    first.ready = true;
    // Each call probes a server that is due; the answer comes in the background.
    for (int i = 0; first.infers.get() == 2 && i < 100_000; i++) {
      pool.infer(REQUEST, CALL);
    }
    assertThat(first.infers.get()).isGreaterThan(2);
  }

  @Test
  void triesASickServerAllTheSameWhenThereIsNoOther() {
    first.infer = (request, answer) -> answer.onError(Status.UNAVAILABLE.asRuntimeException());
    second.infer = first.infer;
    first.ready = false;
    second.ready = false;
    for (int i = 0; i < 6; i++) {
      assertThatThrownBy(() -> pool.infer(REQUEST, CALL)).hasMessageContaining("UNAVAILABLE");
    }
    first.infer =
        (request, answer) -> {
          answer.onNext(ScriptedTriton.echo(request));
          answer.onCompleted();
        };
    second.infer = first.infer;
    assertThat(pool.infer(REQUEST, CALL).output("x").toInts()).containsExactly(7);
  }

  @Test
  void movesACallThatReachedNoServerEvenIfItMustNotBeRepeated() throws Exception {
    String nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "127.0.0.1:" + free.getLocalPort();
    }
    try (TritonPool half =
        TritonPool.over(List.of(Backend.at(nobody, SETTINGS), first.backend(SETTINGS)), SETTINGS)) {
      for (int i = 0; i < 6; i++) {
        assertThat(half.infer(REQUEST, CALL).output("x").toInts()).containsExactly(7);
      }
      assertThat(first.infers).hasValue(6);
    }
  }

  @Test
  void refusesRequestsThatOnlyOneServerCanAnswer() {
    InferRequest sequence = REQUEST.toBuilder().sequence(5, true, false).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pool.infer(sequence, CALL))
        .withMessageContaining("pin()");
    SharedTensor place = new SharedTensor(TensorType.INT32, List.of(1L), "mine", 0, 4);
    InferRequest shared = InferRequest.to("echo").input("x", place).build();
    assertThatIllegalArgumentException().isThrownBy(() -> pool.inferAsync(shared, CALL));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
