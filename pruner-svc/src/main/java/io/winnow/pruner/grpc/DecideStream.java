package io.winnow.pruner.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.pruner.planning.ExitQuestions;
import io.winnow.pruner.planning.ExitWatch;
import io.winnow.pruner.planning.ExitWatch.ExitVerdict;
import io.winnow.pruner.planning.PlanDecision;
import io.winnow.pruner.planning.PlanRequest;
import io.winnow.pruner.planning.PrefillOutcome;
import io.winnow.pruner.planning.PrunePlan;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.streams.IdleTimer;
import io.winnow.runtime.streams.OpenStreams;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One generation's stream: keeps the protocol's order and ends exactly once. Messages are taken one
 * at a time, the next only when the peer has read what it was sent. Called by gRPC, by the idle
 * timer and by the threads that compute gates, hence synchronized; no method waits, and gates are
 * computed outside the lock.
 */
final class DecideStream implements StreamObserver<DecideRequest> {

  private static final Logger log = System.getLogger(DecideStream.class.getName());

  private final ServerCallStreamObserver<DecideResponse> peer;
  private final PrunePlanner planner;
  private final OpenStreams<DecideStream> openStreams;
  private final IdleTimer.Timeout idleTimeout;
  private final Executor gateThreads;
  private final PrunerTelemetry telemetry;
  private State state = new State.AwaitingBegin();
  private boolean wantsNext;

  DecideStream(
      ServerCallStreamObserver<DecideResponse> peer,
      PrunePlanner planner,
      OpenStreams<DecideStream> openStreams,
      IdleTimer idleTimer,
      Executor gateThreads,
      PrunerTelemetry telemetry) {
    this.peer = peer;
    this.planner = planner;
    this.openStreams = openStreams;
    this.idleTimeout = idleTimer.timeout(this::idle);
    this.gateThreads = gateThreads;
    this.telemetry = telemetry;
  }

  /** Admits the stream and takes the first message. Call once, inside the gRPC method. */
  synchronized void open() {
    peer.disableAutoRequest();
    peer.setOnReadyHandler(this::pull);
    peer.setOnCancelHandler(this::release);
    switch (openStreams.admit(this)) {
      case ADMITTED -> takeNext();
      case FULL ->
          fail(
              PrunerFailure.of(
                  Reason.TOO_MANY_STREAMS,
                  "%d streams are open, which is the limit; retry later"
                      .formatted(openStreams.limit())));
      case DRAINING ->
          fail(PrunerFailure.of(Reason.DRAINING, "the pruner is stopping; retry elsewhere"));
    }
  }

  @Override
  public synchronized void onNext(DecideRequest request) {
    if (state instanceof State.Ended) {
      return;
    }
    try {
      switch (request.getStepCase()) {
        case BEGIN -> begin(request.getBegin());
        case OBSERVATION -> observe(request.getObservation());
        case OUTCOME -> finish(request.getOutcome());
        case STEP_NOT_SET -> refuseOrder("a message without a step");
      }
    } catch (RefusedException e) {
      fail(e.failure());
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  @Override
  public synchronized void onError(Throwable cause) {
    release();
  }

  @Override
  public synchronized void onCompleted() {
    if (!(state instanceof State.Ended)) {
      refuseOrder("the end of the stream before the Outcome");
    }
  }

  /** Ends the stream with a failure, unless it has ended. */
  synchronized void fail(PrunerFailure failure) {
    if (!(state instanceof State.Ended)) {
      release();
      telemetry.failed(failure.reason());
      peer.onError(FailureStatus.of(failure));
    }
  }

  private void broken(RuntimeException defect) {
    log.log(Level.ERROR, "a Decide stream failed", defect);
    fail(PrunerFailure.of(Reason.INTERNAL, "the pruner failed; its log has the details"));
  }

  private void begin(DecideBegin begin) throws RefusedException {
    if (!(state instanceof State.AwaitingBegin)) {
      refuseOrder("a DecideBegin that is not the first message");
      return;
    }
    long received = System.nanoTime();
    PlanRequest request = DecideMessages.planRequest(begin);
    PlanDecision decision = planner.plan(request);
    if (decision instanceof PlanDecision.Planned planned) {
      telemetry.planned(planned, Duration.ofNanos(System.nanoTime() - received));
      answer(request, planned.plan());
    } else if (decision instanceof PlanDecision.Refused refused) {
      fail(refused.failure());
    }
  }

  private void answer(PlanRequest request, PrunePlan plan) {
    state = new State.Planned(request, plan, plan.questions().map(ExitQuestions::watch));
    peer.onNext(DecideMessages.planned(plan));
    takeNext();
  }

  /** Has the gate computed elsewhere. The next message is taken after the verdict only. */
  private void observe(Observation observation) throws RefusedException {
    if (!(state instanceof State.Planned planned) || planned.watch().isEmpty()) {
      refuseOrder("an Observation that no plan has asked for");
      return;
    }
    ExitWatch watch = planned.watch().get();
    int segment = observation.getSegment();
    float[] status = TextStatusTensor.read(observation); // [2 * hidden]
    Optional<PrunerFailure> misfit =
        watch.misfit(segment, observation.getVisualTokens(), status.length);
    if (misfit.isPresent()) {
      fail(misfit.get());
      return;
    }
    idleTimeout.stop(); // it is the pruner's turn
    long asked = System.nanoTime();
    gateThreads.execute(() -> decide(watch, segment, status, asked));
  }

  private void decide(ExitWatch watch, int segment, float[] status, long asked) {
    telemetry.waited(Duration.ofNanos(System.nanoTime() - asked));
    if (isOver()) {
      return; // nobody hears it, and others wait for the gates
    }
    try {
      ExitVerdict verdict = watch.decide(segment, status);
      telemetry.decided(verdict.exit(), Duration.ofNanos(System.nanoTime() - asked));
      tell(segment, verdict);
    } catch (RuntimeStoppedException e) {
      fail(PrunerFailure.of(Reason.DRAINING, "the pruner has stopped"));
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  private synchronized boolean isOver() {
    return state instanceof State.Ended;
  }

  private synchronized void tell(int segment, ExitVerdict verdict) {
    if (!(state instanceof State.Ended)) {
      peer.onNext(DecideMessages.verdict(segment, verdict));
      takeNext();
    }
  }

  private void finish(Outcome outcome) {
    if (!(state instanceof State.Planned planned)) {
      refuseOrder("an Outcome before the plan");
      return;
    }
    log.log(
        Level.DEBUG,
        "model {0}: method {1} at {2} of the MACs, completed {3}, prefill {4} us, first token {5} us",
        planned.request().model(),
        planned.plan().method(),
        planned.plan().flopsRatio(),
        outcome.getCompleted(),
        outcome.getPrefillMicros(),
        outcome.getFirstTokenMicros());
    telemetry.outcome(outcome.getCompleted());
    learn(planned, outcome);
    release();
    peer.onCompleted();
  }

  /** Nothing is learned from an outcome that does not tell what the prefill was. */
  private void learn(State.Planned planned, Outcome outcome) {
    int[] entered = outcome.getEnteredList().stream().mapToInt(Integer::intValue).toArray();
    int all = planned.request().visualTokens();
    if (outcome.getPrefillMicros() > 0
        && entered.length == planned.request().decoder().layers()
        && Arrays.stream(entered).allMatch(count -> count >= 0 && count <= all)) {
      planner.learn(
          planned.request(),
          planned.plan(),
          new PrefillOutcome(
              entered, outcome.getPrefillMicros(), Math.max(0, outcome.getFirstTokenMicros())));
    }
  }

  private void refuseOrder(String what) {
    fail(
        PrunerFailure.of(
            Reason.PROTOCOL_VIOLATION,
            "the stream goes DecideBegin, the Observations that the plan asks for, Outcome, end; this was "
                + what));
  }

  private synchronized void idle() {
    fail(PrunerFailure.of(Reason.IDLE, "nothing was heard for too long"));
  }

  /** Asks for one message, now or once the peer has read what it was sent. */
  private void takeNext() {
    idleTimeout.restart();
    wantsNext = true;
    pull();
  }

  private synchronized void pull() {
    if (wantsNext && peer.isReady()) {
      wantsNext = false;
      peer.request(1);
    }
  }

  private synchronized void release() {
    state = new State.Ended();
    idleTimeout.stop();
    openStreams.ended(this);
  }

  /** Where the stream is in the protocol. */
  private sealed interface State {

    record AwaitingBegin() implements State {}

    record Planned(PlanRequest request, PrunePlan plan, Optional<ExitWatch> watch)
        implements State {}

    record Ended() implements State {}
  }
}
