package io.winnow.decoder.grpc;

import io.grpc.Channel;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.PrunerClient;
import io.winnow.v1.PrunerGrpc;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** pruner-svc over gRPC. */
public final class GrpcPruner implements PrunerClient {

  private final Supplier<? extends Channel> channel;

  /** The channel stays the caller's to close. */
  public GrpcPruner(Supplier<? extends Channel> channel) {
    this.channel = channel;
  }

  @Override
  public Decision open(PeerCall terms, Listener listener) {
    DecideCall call = new DecideCall(listener);
    // The request observer is the one that the call keeps from beforeStart.
    var unused =
        PrunerGrpc.newStub(TraceHeaders.on(channel.get(), terms.trace()))
            .withDeadlineAfter(terms.timeout().toNanos(), TimeUnit.NANOSECONDS)
            .decide(call);
    return call;
  }
}
