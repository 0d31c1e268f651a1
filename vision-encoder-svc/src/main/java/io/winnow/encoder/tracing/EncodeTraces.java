package io.winnow.encoder.tracing;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.tracing.IncomingTrace;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.VisionEncoderGrpc;
import jakarta.inject.Singleton;

/** Has every Encode stream leave its spans in the caller's trace. */
@GlobalInterceptor
@Singleton
public final class EncodeTraces implements ServerInterceptor {

  private final Tracer tracer;

  public EncodeTraces(OpenTelemetry traces) {
    tracer = traces.getTracer("io.winnow.encoder");
  }

  @Override
  @SuppressWarnings("unchecked") // the method's descriptor says what its messages are
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!call.getMethodDescriptor()
        .getFullMethodName()
        .equals(VisionEncoderGrpc.getEncodeMethod().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    EncodeTrace trace = new EncodeTrace(tracer, IncomingTrace.of(headers));
    return (ServerCall.Listener<Q>)
        trace.observe(
            (ServerCall<EncodeRequest, EncodeResponse>) call,
            headers,
            (ServerCallHandler<EncodeRequest, EncodeResponse>) next);
  }
}
