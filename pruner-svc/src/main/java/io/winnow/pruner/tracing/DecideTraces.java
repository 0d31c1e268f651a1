package io.winnow.pruner.tracing;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.tracing.IncomingTrace;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.PrunerGrpc;
import jakarta.inject.Singleton;

/** Has every Decide stream leave its spans in the caller's trace. */
@GlobalInterceptor
@Singleton
public final class DecideTraces implements ServerInterceptor {

  private final Tracer tracer;

  public DecideTraces(OpenTelemetry traces) {
    tracer = traces.getTracer("io.winnow.pruner");
  }

  @Override
  @SuppressWarnings("unchecked") // the method's descriptor says what its messages are
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!call.getMethodDescriptor()
        .getFullMethodName()
        .equals(PrunerGrpc.getDecideMethod().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    DecideTrace trace = new DecideTrace(tracer, IncomingTrace.of(headers));
    return (ServerCall.Listener<Q>)
        trace.observe(
            (ServerCall<DecideRequest, DecideResponse>) call,
            headers,
            (ServerCallHandler<DecideRequest, DecideResponse>) next);
  }
}
