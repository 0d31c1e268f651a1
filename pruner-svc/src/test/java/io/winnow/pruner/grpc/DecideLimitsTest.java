package io.winnow.pruner.grpc;

import static io.winnow.pruner.grpc.InProcessPruner.OUTCOME;
import static io.winnow.pruner.grpc.InProcessPruner.begin;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DecideLimitsTest {

  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void aThousandStreamsAtOnceStayWithinTheLimit() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(600, LONG)) {
      List<OpenStream> streams = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        streams.add(new OpenStream(pruner));
      }
      int planned = 0;
      int refused = 0;
      for (OpenStream stream : streams) {
        if (stream.planOrRefusal()) {
          planned++;
        } else {
          refused++;
        }
      }

      assertThat(planned).isEqualTo(600);
      assertThat(refused).isEqualTo(400);
      assertThat(pruner.service.openStreams()).isEqualTo(600);
      for (OpenStream stream : streams) {
        stream.finish();
      }
      assertThat(pruner.service.openStreams()).isZero();
    }
  }

  @Test
  void aStreamOnWhichNothingIsHeardEnds() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(10, Duration.ofMillis(20))) {
      OpenStream stream = new OpenStream(pruner);

      assertThat(stream.answers.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(pruner.service.openStreams()).isZero();
    }
  }

  @Test
  void aCancelledStreamIsForgotten() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(10, LONG)) {
      Context.CancellableContext context = Context.current().withCancellation();
      OpenStream stream = context.call(() -> new OpenStream(pruner));
      stream.answers.next();
      context.cancel(null);

      assertThat(pruner.service.drain(Duration.ofSeconds(30))).isZero();
      assertThat(stream.answers.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.CANCELLED);
    }
  }

  @Test
  void aStreamPastItsDeadlineIsForgotten() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(10, LONG)) {
      RecordingObserver<DecideResponse> answers = new RecordingObserver<>();
      pruner.stub().withDeadlineAfter(100, TimeUnit.MILLISECONDS).decide(answers).onNext(begin());

      assertThat(answers.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(pruner.service.drain(Duration.ofSeconds(30))).isZero();
    }
  }

  @Test
  void drainingRefusesNewStreamsAndLetsOpenOnesFinish() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(10, LONG)) {
      OpenStream open = new OpenStream(pruner);
      assertThat(open.planOrRefusal()).isTrue();
      CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> drain(pruner, LONG));

      OpenStream late = refusedStream(pruner);
      open.finish();

      open.answers.awaitCompletion();
      drained.get(30, TimeUnit.SECONDS);
      assertThat(late.answers.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void drainingEndsStreamsThatOutlastItsPatience() throws Exception {
    try (InProcessPruner pruner = new InProcessPruner(10, LONG)) {
      OpenStream open = new OpenStream(pruner);
      assertThat(open.planOrRefusal()).isTrue();

      assertThat(pruner.service.drain(Duration.ofMillis(1))).isEqualTo(1);

      assertThat(open.answers.awaitFailure().getStatus().getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(pruner.service.openStreams()).isZero();
    }
  }

  /** Opens streams until the drain, which runs elsewhere, has begun; ends those before it. */
  private static OpenStream refusedStream(InProcessPruner pruner) throws Exception {
    for (int i = 0; i < 10_000; i++) {
      OpenStream stream = new OpenStream(pruner);
      if (!stream.planOrRefusal()) {
        return stream;
      }
      stream.finish();
    }
    throw new AssertionError("a draining service goes on taking streams");
  }

  private static void drain(InProcessPruner pruner, Duration patience) {
    try {
      pruner.service.drain(patience);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A stream that has begun. */
  private static final class OpenStream {

    private final RecordingObserver<DecideResponse> answers = new RecordingObserver<>();
    private final StreamObserver<DecideRequest> decoder;
    private boolean planned;

    OpenStream(InProcessPruner pruner) {
      decoder = pruner.decide(answers);
      decoder.onNext(begin());
    }

    boolean planOrRefusal() throws Exception {
      answers.awaitMessageOrEnd();
      planned = answers.pending() > 0;
      return planned;
    }

    void finish() throws Exception {
      if (planned) {
        decoder.onNext(OUTCOME);
        decoder.onCompleted();
        answers.awaitCompletion();
      }
    }
  }
}
