package io.winnow.decoder.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.decoder.calibration.CalibrationLimits;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.UnprunedPrompts;
import io.winnow.runtime.streams.Conversation;
import io.winnow.runtime.streams.Conversations;
import io.winnow.v1.CollectStatisticsRequest;
import io.winnow.v1.CollectStatisticsResponse;
import java.time.Duration;

/** The calibrations under way, each on a thread of its own, and no more than a few. */
public final class Calibrations {

  private final UnprunedPrompts prompts;
  private final CalibrationLimits limits;
  private final int maxStreams;
  private final Conversations threads;

  /**
   * @param maxStreams calibrations at a time; 0 refuses all
   */
  public Calibrations(UnprunedPrompts prompts, CalibrationLimits limits, int maxStreams) {
    this.prompts = prompts;
    this.limits = limits;
    this.maxStreams = maxStreams;
    this.threads = new Conversations("winnow-calibration", maxStreams);
  }

  /** Begins one, or refuses it; inside the gRPC method. */
  StreamObserver<CollectStatisticsRequest> open(
      ServerCallStreamObserver<CollectStatisticsResponse> peer, Duration timeLeft) {
    Conversation<CollectStatisticsRequest, CollectStatisticsResponse> client =
        new Conversation<>(peer, limits.patience());
    switch (threads.start(new CollectStatisticsCall(client, prompts, limits, timeLeft))) {
      case ADMITTED -> {}
      case FULL ->
          refuse(
              client,
              Reason.OVERLOADED,
              "%d calibrations may run at a time (winnow.decoder.calibration.max-streams);"
                      .formatted(maxStreams)
                  + " retry later");
      case DRAINING ->
          refuse(client, Reason.UNAVAILABLE, "decoder-svc is stopping; calibrate elsewhere");
    }
    return client;
  }

  /** The longest calibration. */
  Duration timeout() {
    return limits.timeout();
  }

  /** Ends those under way; call it before their runtimes are closed. */
  public void stop() throws InterruptedException {
    threads.stop();
  }

  private static void refuse(Conversation<?, ?> client, Reason reason, String message) {
    client.fail(FailureStatus.of(ChatFailure.of(reason, message)));
  }
}
