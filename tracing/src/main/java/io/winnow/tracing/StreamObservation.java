package io.winnow.tracing;

import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.opentelemetry.context.Context;
import java.util.Locale;

/**
 * Watches the messages of one gRPC stream as they pass, so that the code that serves it need not
 * know of traces. Calls come from gRPC's thread and from those that answer, one at a time.
 *
 * @param <Q> requests
 * @param <R> responses
 */
public abstract class StreamObservation<Q, R> {

  /**
   * A message came.
   *
   * @return the span that handling it belongs to, the current one meanwhile
   */
  protected abstract Context received(Q request);

  /** What the service finds in its call's context. */
  protected io.grpc.Context context(io.grpc.Context call) {
    return call;
  }

  /** A message is about to be sent. */
  protected abstract void sending(R response);

  /** A message was sent. */
  protected void sent(boolean ready) {}

  /** The peer reads again. */
  protected void ready() {}

  /**
   * The stream ended.
   *
   * @param error {@code error.type} of a stream that failed or was cancelled; empty if it did not
   */
  protected abstract void ended(String error);

  /** Serves the call under observation. */
  public final ServerCall.Listener<Q> observe(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return new Incoming(
        Contexts.interceptCall(
            context(io.grpc.Context.current()), new Outgoing(call), headers, next));
  }

  /** What the service does to the stream. */
  private final class Outgoing extends SimpleForwardingServerCall<Q, R> {

    Outgoing(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void sendMessage(R message) {
      synchronized (StreamObservation.this) {
        sending(message);
      }
      super.sendMessage(message);
      synchronized (StreamObservation.this) {
        sent(isReady());
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      synchronized (StreamObservation.this) {
        ended(status.isOk() ? "" : status.getCode().name().toLowerCase(Locale.ROOT));
      }
      super.close(status, trailers);
    }
  }

  /** What the peer does to it. */
  private final class Incoming extends SimpleForwardingServerCallListener<Q> {

    Incoming(ServerCall.Listener<Q> service) {
      super(service);
    }

    @Override
    public void onMessage(Q message) {
      Context handling;
      synchronized (StreamObservation.this) {
        handling = received(message);
      }
      Exemplars.naming(handling, () -> super.onMessage(message));
    }

    @Override
    public void onReady() {
      synchronized (StreamObservation.this) {
        ready();
      }
      super.onReady();
    }

    @Override
    public void onCancel() {
      synchronized (StreamObservation.this) {
        ended("cancelled");
      }
      super.onCancel();
    }
  }
}
