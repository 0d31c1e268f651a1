package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Status;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.PrefillStarted;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A runtime and a server that answers as it is told. */
class TritonDecoderRuntimeTest {

  private static final RepositoryModel MODEL = DemoModel.endless();
  private static final String CHECKPOINT = MODEL.manifest().getCheckpointSha256();
  private static final Duration NEVER = Duration.ofHours(1);
  private static final TritonSettings PATIENT =
      TritonSettings.defaults().withProbe(Duration.ofSeconds(30));

  private final ScriptedDecoder server = new ScriptedDecoder(CHECKPOINT);
  private TritonDecoderRuntime runtime = open(PATIENT);

  @AfterEach
  void close() {
    runtime.close();
    server.close();
  }

  @Test
  void aGenerationOutlivesTheCallThatItWasStartedIn() {
    RecordingListener listener = new RecordingListener();
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(() -> start(listener));
    ScriptedDecoder.Arrived arrived = server.arrival();

    call.cancel(new IllegalStateException("another request was cancelled"));
    arrived.accept();
    arrived.start(10);
    arrived.finish();

    assertThat(listener.awaitEnd()).isEqualTo(new Finished(FinishCause.LENGTH));
  }

  @Test
  void theNextIsSentOnceTheServerHasQueuedTheOneBefore() {
    List<RecordingListener> listeners =
        List.of(new RecordingListener(), new RecordingListener(), new RecordingListener());
    listeners.forEach(this::start);
    for (RecordingListener listener : listeners) {
      ScriptedDecoder.Arrived arrived = server.arrival();
      assertThat(server.arrivals).isEmpty();
      arrived.accept();
      arrived.finish();
      listener.awaitAnswer();
    }
  }

  @Test
  void whatWaitsBehindAGenerationThatAServerDoesNotQueueFailsWithIt() {
    reopen(PATIENT.withAcknowledge(Duration.ofSeconds(3))); // the last one is answered in time
    RecordingListener first = new RecordingListener();
    List<RecordingListener> behind = List.of(new RecordingListener(), new RecordingListener());
    start(first);
    behind.forEach(this::start);
    server.arrival(); // and does not answer

    String reason = first.awaitFailure(Kind.UNAVAILABLE).message();
    assertThat(reason).contains("did not queue");
    for (RecordingListener listener : behind) {
      assertThat(listener.awaitFailure(Kind.UNAVAILABLE).message()).isEqualTo(reason);
    }
    assertThat(server.arrivals).as("those behind were never sent").isEmpty();
    RecordingListener next = new RecordingListener();
    start(next);
    ScriptedDecoder.Arrived arrived = server.arrival();
    arrived.accept();
    arrived.finish();
    next.awaitAnswer();
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, UNAVAILABLE",
    "UNAVAILABLE, UNAVAILABLE",
    "INVALID_ARGUMENT, INTERNAL",
    "RESOURCE_EXHAUSTED, RESOURCE_EXHAUSTED"
  })
  void aStreamThatTheServerEndsIsSortedByItsStatus(Status.Code code, Kind kind) {
    RecordingListener listener = new RecordingListener();
    start(listener);

    server.arrival().answers().onError(code.toStatus().withDescription("so").asException());

    assertThat(listener.awaitFailure(kind).message()).contains("so");
  }

  @Test
  void othersWorkOnTheServerIsToldApart() {
    RecordingListener listener = new RecordingListener();
    start(listener);
    ScriptedDecoder.Arrived arrived = server.arrival();
    arrived.accept();
    arrived.start(100);
    listener.await(PrefillStarted.class);
    server.description =
        """
        {"slots": 8, "kv_bytes_limit": 1000, "running": 6, "queued": 3, "kv_bytes_used": 700,
         "checkpoint": "%s"}"""
            .formatted(CHECKPOINT);
    runtime.probe().run();

    RuntimeLoad load = runtime.load();

    assertThat(load)
        .isEqualTo(new RuntimeLoad(0, 1, 8, 100, 1000, new RuntimeLoad.Others(3, 5, 600)));
    assertThat(load.slotsWithinReach()).isEqualTo(3);
    assertThat(load.kvBytesWithinReach()).isEqualTo(400);
    assertThat(load.kvUsage()).isEqualTo(0.7);
  }

  @Test
  void whatIsOnItsWayIsNotTakenForOthers() {
    start(new RecordingListener());
    server.arrival().accept();
    server.description =
        """
        {"slots": 8, "kv_bytes_limit": 1000, "running": 1, "queued": 0, "kv_bytes_used": 100,
         "checkpoint": "%s"}"""
            .formatted(CHECKPOINT);
    runtime.probe().run();

    assertThat(runtime.load().others()).isEqualTo(RuntimeLoad.Others.NONE);
  }

  @Test
  void aServerWhoseComputationNeverEndsDoesNotServe() {
    assertThat(runtime.alive()).isTrue();
    server.description = ScriptedDecoder.description(CHECKPOINT, "\"run_seconds\": 119.5");
    runtime.probe().run();
    assertThat(runtime.alive()).isTrue();

    server.description = ScriptedDecoder.description(CHECKPOINT, "\"run_seconds\": 120.5");
    runtime.probe().run();

    assertThat(runtime.alive()).isFalse();
    assertThat(runtime.probe().state().problem()).contains("hangs");
  }

  @Test
  void whatIsClosedOnAServerThatDoesNotAnswerEndsAtOnce() {
    reopen(
        TritonSettings.defaults()
            .withClose(Duration.ofMinutes(2))
            .withProbe(Duration.ofMillis(200)));
    RecordingListener listener = new RecordingListener();
    Generation generation = start(listener);
    server.arrival().accept();
    server.answersQuestions = false; // its host has vanished: the connection stays
    runtime.probe().run();
    assertThat(runtime.alive()).isFalse();

    generation.close();

    listener.awaitFailure(Kind.CANCELLED);
    server.answersQuestions = true;
    runtime.probe().run();
  }

  private void reopen(TritonSettings settings) {
    runtime.close();
    runtime = open(settings);
  }

  /** One that asks the server only when it is told to. */
  private TritonDecoderRuntime open(TritonSettings settings) {
    return new TritonDecoderRuntime(MODEL, server.address(), settings, NEVER);
  }

  private Generation start(RecordingListener listener) {
    return runtime.start(
        new GenerationRequest(DemoModel.textPrompt(5), PrefillPlan.keepAll(), Sampling.greedy(), 4),
        listener);
  }
}
