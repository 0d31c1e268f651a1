package io.winnow.pruner.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.context.Context;
import io.quarkus.grpc.GrpcService;
import io.winnow.pruner.config.PrunerConfig;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.pruner.recipes.RecipeStore;
import io.winnow.runtime.streams.Conversation;
import io.winnow.runtime.streams.Conversations;
import io.winnow.runtime.streams.IdleTimer;
import io.winnow.runtime.streams.OpenStreams;
import io.winnow.v1.CalibrateRequest;
import io.winnow.v1.CalibrateResponse;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.PrunerGrpc;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC service. Planning takes microseconds, so it happens on the event loop; gates take up to
 * milliseconds and have a few threads, a calibration has one of its own.
 */
@GrpcService
public final class PrunerService extends PrunerGrpc.PrunerImplBase {

  private final PrunePlanner planner;
  private final OpenStreams<DecideStream> openStreams;
  private final IdleTimer idleTimer;
  private final Conversations calibrations;
  private final RecipeStore recipes;
  private final PrunerConfig config;
  private final ThreadPoolExecutor gateThreads;
  private final PrunerTelemetry telemetry;

  public PrunerService(PrunePlanner planner, PrunerTelemetry telemetry, PrunerConfig config) {
    this.planner = planner;
    this.telemetry = telemetry;
    this.config = config;
    recipes = new RecipeStore(config.recipes().folder());
    calibrations = new Conversations("calibration", config.calibration().maxStreams());
    openStreams = new OpenStreams<>(config.maxStreams());
    idleTimer = new IdleTimer(config.idleTimeout());
    // A stream has one gate computed at a time; those of streams that are gone leave the queue
    // without computing.
    gateThreads =
        new ThreadPoolExecutor(
            config.gates().threads(),
            config.gates().threads(),
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> new Thread(task, "winnow-gates"));
  }

  @Override
  public StreamObserver<DecideRequest> decide(StreamObserver<DecideResponse> peer) {
    DecideStream stream =
        new DecideStream(
            (ServerCallStreamObserver<DecideResponse>) peer,
            planner,
            openStreams,
            idleTimer,
            // What is measured there belongs to the trace of the observation.
            Context.taskWrapping((Executor) gateThreads),
            telemetry);
    stream.open();
    return stream;
  }

  @Override
  public StreamObserver<CalibrateRequest> calibrate(StreamObserver<CalibrateResponse> peer) {
    Conversation<CalibrateRequest, CalibrateResponse> client =
        new Conversation<>(
            (ServerCallStreamObserver<CalibrateResponse>) peer, config.idleTimeout());
    switch (calibrations.start(new CalibrateCall(client, recipes))) {
      case ADMITTED -> {}
      case FULL ->
          client.fail(
              FailureStatus.of(
                  PrunerFailure.of(
                      Reason.TOO_MANY_STREAMS,
                      "%d calibrations may run at a time (winnow.pruner.calibration.max-streams)"
                          .formatted(config.calibration().maxStreams()))));
      case DRAINING ->
          client.fail(
              FailureStatus.of(
                  PrunerFailure.of(Reason.DRAINING, "the pruner is stopping; retry elsewhere")));
    }
    return client;
  }

  /**
   * Refuses new streams, ends calibrations, waits for the open ones, and ends those that outlast
   * the patience.
   *
   * @return how many had to be ended
   */
  public int drain(Duration patience) throws InterruptedException {
    calibrations.stop();
    List<DecideStream> late = openStreams.drain(patience);
    late.forEach(
        stream -> stream.fail(PrunerFailure.of(Reason.DRAINING, "the pruner has stopped")));
    return late.size();
  }

  /** How many observations wait for a thread; a stream has one at most. */
  public int queuedObservations() {
    return gateThreads.getQueue().size();
  }

  /** How many streams are open. */
  public int openStreams() {
    return openStreams.count();
  }

  @PreDestroy
  void close() {
    idleTimer.close();
    gateThreads.shutdownNow();
  }
}
