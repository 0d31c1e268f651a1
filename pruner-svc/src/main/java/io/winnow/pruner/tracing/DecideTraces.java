package io.winnow.pruner.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.tracing.StreamTraces;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.PrunerGrpc;
import jakarta.inject.Singleton;

/** Has every Decide stream leave its spans in the caller's trace. */
@GlobalInterceptor
@Singleton
public final class DecideTraces extends StreamTraces<DecideRequest, DecideResponse> {

  private final Tracer tracer;

  public DecideTraces(OpenTelemetry traces) {
    super(PrunerGrpc.getDecideMethod());
    tracer = traces.getTracer("io.winnow.pruner");
  }

  @Override
  protected DecideTrace observation(Context caller) {
    return new DecideTrace(tracer, caller);
  }
}
