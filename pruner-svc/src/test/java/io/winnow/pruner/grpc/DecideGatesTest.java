package io.winnow.pruner.grpc;

import static io.winnow.pruner.grpc.DecideExitTest.asking;
import static io.winnow.pruner.grpc.DecideExitTest.observation;
import static io.winnow.pruner.grpc.InProcessPruner.begin;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.winnow.pruner.cost.LearnedCosts;
import io.winnow.pruner.planning.AutoSettings;
import io.winnow.pruner.planning.FakeGates;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.pruner.planning.RecipeBook;
import io.winnow.runtime.streams.IdleTimer;
import io.winnow.runtime.streams.OpenStreams;
import io.winnow.v1.DecideResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a question that waits for a thread, when its turn comes. */
class DecideGatesTest {

  private static final short ONE = 0x3c00;

  private final FakeGates gates = new FakeGates(4, 1, 3, 5);
  private final IdleTimer idleTimer = new IdleTimer(Duration.ofMinutes(5));
  private final OpenStreams<DecideStream> openStreams = new OpenStreams<>(2);
  private final Queue<Runnable> waiting = new ArrayDeque<>(); // for a gate thread
  private final RecordingPeer peer = new RecordingPeer();
  private final DecideStream stream =
      new DecideStream(
          peer,
          PrunePlanner.withAllMethods(
              RecipeBook::empty,
              new LearnedCosts(),
              model -> Optional.of(gates),
              new AutoSettings(0.98, 0.1, 1, 0.25)),
          openStreams,
          idleTimer,
          waiting::add,
          PrunerTelemetry.NONE);

  @AfterEach
  void close() {
    idleTimer.close();
  }

  @Test
  void isAnsweredIfItsStreamIsOpen() {
    ask();
    waiting.remove().run();

    assertThat(gates.asked()).containsExactly(1);
    assertThat(peer.answers.get(1).getVerdict().getExit()).isTrue();
  }

  static Stream<Consumer<DecideStream>> ends() {
    return Stream.of(
        stream -> stream.onError(Status.CANCELLED.asRuntimeException()), // the decoder is gone
        stream -> stream.fail(PrunerFailure.of(Reason.DRAINING, "the pruner has stopped")));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void isNotComputedIfItsStreamHasEnded(Consumer<DecideStream> end) {
    ask();
    end.accept(stream);
    waiting.remove().run();

    assertThat(gates.asked()).isEmpty();
    assertThat(peer.answers).hasSize(1); // the plan
    assertThat(openStreams.count()).isZero();
  }

  /** One question that waits. */
  private void ask() {
    stream.open();
    stream.onNext(begin(asking()));
    stream.onNext(observation(0, ONE));
    assertThat(peer.answers).hasSize(1);
    assertThat(waiting).hasSize(1);
  }

  /** The decoder's end of a call; always ready. */
  private static final class RecordingPeer extends ServerCallStreamObserver<DecideResponse> {

    private final List<DecideResponse> answers = new ArrayList<>();

    @Override
    public void onNext(DecideResponse answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable cause) {}

    @Override
    public void onCompleted() {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoRequest() {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}
  }
}
