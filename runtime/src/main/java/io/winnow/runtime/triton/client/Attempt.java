package io.winnow.runtime.triton.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.inference.ModelInferResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** One attempt of a call: its server, its share of the load and the memory that it borrowed. */
final class Attempt extends ClientStreamTracer.Factory {

  /** Part of what Triton says about a region that it does not know. */
  private static final String UNKNOWN_REGION = "Unable to find shared memory region";

  /** How tensors may go through shared memory. */
  enum Sharing {
    NONE,
    /** Through a region that is there already. */
    AT_HAND,
    /** Also through one that the server has yet to map. */
    WAITING
  }

  private final Backend.Lease lease;
  private final long deadlineNanos;
  private final Sharing sharing;
  private volatile boolean reachedConnection;
  private @Nullable SharedPlacement shared;
  private boolean lostItsRegion;

  Attempt(Backend.Lease lease, long deadlineNanos, Sharing sharing) {
    this.lease = lease;
    this.deadlineNanos = deadlineNanos;
    this.sharing = sharing;
  }

  Backend backend() {
    return lease.backend();
  }

  /** Whether it got as far as a connection, so that the server may have seen it. */
  boolean reachedConnection() {
    return reachedConnection;
  }

  /** Whether it failed only because the server, started anew, does not know the region. */
  boolean lostItsRegion() {
    return lostItsRegion;
  }

  long remainingNanos() {
    return deadlineNanos - System.nanoTime();
  }

  Channel channel(CallSettings settings) {
    return UnaryCalls.through(backend().channel(), settings);
  }

  CallOptions options(CallSettings settings) {
    CallOptions options =
        CallOptions.DEFAULT
            .withDeadlineAfter(remainingNanos(), TimeUnit.NANOSECONDS)
            .withStreamTracerFactory(this);
    return settings.compressed() ? options.withCompression("gzip") : options;
  }

  /** The request, with its tensors in shared memory where that is possible and pays. */
  InferRequest place(InferRequest request) {
    RegionPool regions = backend().regions();
    shared =
        sharing != Sharing.NONE && regions != null
            ? SharedPlacement.of(request, regions, Duration.ofNanos(patienceNanos()))
            : null;
    return shared == null ? request : shared.request();
  }

  private long patienceNanos() {
    return sharing == Sharing.WAITING ? Math.max(0, remainingNanos()) : 0;
  }

  /**
   * The message, which must not be larger than the channel's bound.
   *
   * @throws StatusRuntimeException RESOURCE_EXHAUSTED if it is
   */
  <Q> Q fitting(Q message) {
    backend().requireFitting(message);
    return message;
  }

  /** The response to what was placed, with what the server wrote into shared memory. */
  InferResponse read(ModelInferResponse response, InferRequest request) {
    return shared == null
        ? InferCoding.decode(response, request.outputs())
        : shared.copiedOut(InferCoding.decode(response, shared.request().outputs()));
  }

  /** The server answered. */
  <R, T> T answered(R response, BiFunction<R, Attempt, T> decode) {
    try {
      return decode.apply(response, this);
    } finally {
      end(Status.OK);
    }
  }

  /** It is over. Idempotent. */
  void end(Status status) {
    SharedPlacement placement = shared;
    RegionPool regions = backend().regions();
    if (placement != null && regions != null) {
      shared = null;
      settle(placement, regions, status);
    }
    lease.end(status.getCode());
  }

  private void settle(SharedPlacement placement, RegionPool regions, Status status) {
    String said = status.getDescription();
    switch (status.getCode()) {
      case CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, UNKNOWN -> {
        regions.lose(placement.borrowed()); // the server may still be at work on it
      }
      default -> {
        if (said != null && said.contains(UNKNOWN_REGION)) {
          lostItsRegion = true;
          regions.forget(placement.borrowed());
        } else {
          regions.giveBack(placement.borrowed());
        }
      }
    }
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return new ClientStreamTracer() {
      @Override
      public void streamCreated(Attributes transport, Metadata sent) {
        reachedConnection = true;
      }
    };
  }
}
