package io.winnow.tracing;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.context.Context;

/**
 * Has every stream of one gRPC method leave its spans in the caller's trace. A service extends it,
 * since the framework looks for interceptors by their class.
 *
 * @param <Q> requests
 * @param <R> responses
 */
public abstract class StreamTraces<Q, R> implements ServerInterceptor {

  private final MethodDescriptor<Q, R> method;

  protected StreamTraces(MethodDescriptor<Q, R> method) {
    this.method = method;
  }

  /**
   * Watches one stream.
   *
   * @param caller the caller's span; the root context if none was sent
   */
  protected abstract StreamObservation<Q, R> observation(Context caller);

  @Override
  @SuppressWarnings("unchecked") // the method's name says what its messages are
  public final <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    if (!call.getMethodDescriptor().getFullMethodName().equals(method.getFullMethodName())) {
      return next.startCall(call, headers);
    }
    return (ServerCall.Listener<A>)
        observation(IncomingTrace.of(headers))
            .observe((ServerCall<Q, R>) call, headers, (ServerCallHandler<Q, R>) next);
  }
}
