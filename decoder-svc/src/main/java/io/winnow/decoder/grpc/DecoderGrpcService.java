package io.winnow.decoder.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.RequestOrigin.Edge;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.v1.CollectStatisticsRequest;
import io.winnow.v1.CollectStatisticsResponse;
import io.winnow.v1.CountTokensRequest;
import io.winnow.v1.CountTokensResponse;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** The gRPC service. Nothing here blocks: answers run on the service's threads. */
@GrpcService
public final class DecoderGrpcService extends DecoderGrpc.DecoderImplBase {

  private static final Logger log = System.getLogger(DecoderGrpcService.class.getName());

  private final ChatService service;
  private final ServingOptions options;
  private final Calibrations calibrations;
  private final TelemetrySource telemetry;

  public DecoderGrpcService(
      ChatService service,
      ServingOptions options,
      Calibrations calibrations,
      TelemetrySource telemetry) {
    this.service = service;
    this.options = options;
    this.calibrations = calibrations;
    this.telemetry = telemetry;
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<GenerateResponse> observer) {
    ServerCallStreamObserver<GenerateResponse> client =
        (ServerCallStreamObserver<GenerateResponse>) observer;
    String id = UUID.randomUUID().toString();
    AnswerTelemetry heard =
        telemetry.begin(
            new RequestOrigin(id, Edge.GRPC, TraceHeaders.received(), System.nanoTime()));
    ChatFailure failure;
    try {
      ChatRequest read = read(id, request);
      heard.on(new AnswerEvent.Accepted(System.nanoTime(), read));
      new GenerateCall(client).begin(service, read, heard);
      return;
    } catch (ChatFailureException e) {
      failure = e.failure();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "starting an answer failed", e);
      failure =
          ChatFailure.of(Reason.INTERNAL, "the answer failed; the log of decoder-svc has why");
    }
    heard.on(new AnswerEvent.Failed(System.nanoTime(), failure));
    client.onError(FailureStatus.of(failure));
  }

  @Override
  public void countTokens(
      CountTokensRequest request, StreamObserver<CountTokensResponse> observer) {
    try {
      options.counting().execute(() -> count(request, observer));
    } catch (RejectedExecutionException e) {
      observer.onError(
          FailureStatus.of(
              ChatFailure.of(Reason.OVERLOADED, "too many requests are waiting; retry later")));
    }
  }

  @Override
  public StreamObserver<CollectStatisticsRequest> collectStatistics(
      StreamObserver<CollectStatisticsResponse> observer) {
    return calibrations.open(
        (ServerCallStreamObserver<CollectStatisticsResponse>) observer,
        timeLeft(calibrations.timeout()));
  }

  private void count(CountTokensRequest request, StreamObserver<CountTokensResponse> observer) {
    CountTokensResponse response;
    try {
      ChatService.PromptCount count =
          service.count(read(UUID.randomUUID().toString(), request.getGeneration()));
      response = CountTokensResponse.newBuilder().setPrompt(GenerateMessages.count(count)).build();
    } catch (ChatFailureException e) {
      observer.onError(FailureStatus.of(e.failure()));
      return;
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "counting tokens failed", e);
      observer.onError(
          FailureStatus.of(
              ChatFailure.of(Reason.INTERNAL, "counting failed; the log of decoder-svc has why")));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  private ChatRequest read(String id, GenerateRequest request) {
    return GenerateRequestReader.read(request, id, timeLeft(options.maxTimeout()));
  }

  /** What the caller's deadline leaves, at most so much. */
  private static Duration timeLeft(Duration most) {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return most;
    }
    Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
    return left.compareTo(most) < 0 ? left : most;
  }
}
