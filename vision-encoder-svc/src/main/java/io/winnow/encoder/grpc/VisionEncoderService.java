package io.winnow.encoder.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.winnow.encoder.config.EncoderConfig;
import io.winnow.encoder.pictures.EncoderFailure;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.EncoderTelemetry;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.encoder.tracing.EncodeTrace;
import io.winnow.runtime.streams.IdleTimer;
import io.winnow.runtime.streams.OpenStreams;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.VisionEncoderGrpc;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;

/** The gRPC service. Pictures are encoded elsewhere; here messages are hashed, copied and sent. */
@GrpcService
public final class VisionEncoderService extends VisionEncoderGrpc.VisionEncoderImplBase {

  private final PictureEncoder encoder;
  private final OpenStreams<EncodeStream> openStreams;
  private final IdleTimer idleTimer;
  private final EncoderTelemetry telemetry;

  public VisionEncoderService(
      PictureEncoder encoder, EncoderTelemetry telemetry, EncoderConfig config) {
    this.encoder = encoder;
    this.telemetry = telemetry;
    openStreams = new OpenStreams<>(config.encoder().maxStreams());
    idleTimer = new IdleTimer(config.encoder().idleTimeout());
  }

  @Override
  public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> peer) {
    EncodeStream stream =
        new EncodeStream(
            (ServerCallStreamObserver<EncodeResponse>) peer,
            encoder,
            openStreams,
            idleTimer,
            telemetry,
            EncodeTrace.current());
    stream.open();
    return stream;
  }

  /**
   * Refuses new streams, waits for the open ones, and ends those that outlast the patience.
   *
   * @return how many had to be ended
   */
  public int drain(Duration patience) throws InterruptedException {
    List<EncodeStream> late = openStreams.drain(patience);
    late.forEach(
        stream -> stream.fail(new EncoderFailure(Reason.DRAINING, "the encoder has stopped")));
    return late.size();
  }

  /** How many streams are open. */
  public int openStreams() {
    return openStreams.count();
  }

  @PreDestroy
  void close() {
    idleTimer.close();
  }
}
