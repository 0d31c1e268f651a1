package io.winnow.decoder.grpc;

import io.grpc.Channel;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.VisionEncoderClient;
import io.winnow.v1.VisionEncoderGrpc;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** vision-encoder-svc over gRPC. */
public final class GrpcVisionEncoder implements VisionEncoderClient {

  private final Supplier<? extends Channel> channel;

  /** The channel stays the caller's to close. */
  public GrpcVisionEncoder(Supplier<? extends Channel> channel) {
    this.channel = channel;
  }

  @Override
  public Encoding encode(String model, byte[] content, PeerCall terms, Listener listener) {
    EncodeCall call = new EncodeCall(model, content, listener);
    // The request observer is the one that the call keeps from beforeStart.
    var unused =
        VisionEncoderGrpc.newStub(TraceHeaders.on(channel.get(), terms.trace()))
            .withDeadlineAfter(terms.timeout().toNanos(), TimeUnit.NANOSECONDS)
            .encode(call);
    call.start();
    return call;
  }
}
