package io.winnow.encoder.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.tracing.StreamTraces;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.VisionEncoderGrpc;
import jakarta.inject.Singleton;

/** Has every Encode stream leave its spans in the caller's trace. */
@GlobalInterceptor
@Singleton
public final class EncodeTraces extends StreamTraces<EncodeRequest, EncodeResponse> {

  private final Tracer tracer;

  public EncodeTraces(OpenTelemetry traces) {
    super(VisionEncoderGrpc.getEncodeMethod());
    tracer = traces.getTracer("io.winnow.encoder");
  }

  @Override
  protected EncodeTrace observation(Context caller) {
    return new EncodeTrace(tracer, caller);
  }
}
