package io.winnow.tracing;

import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.context.Context;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.inject.Singleton;

/** Takes the W3C trace context from the headers of each gRPC call, and keeps it for the call. */
@GlobalInterceptor
@Singleton
public final class IncomingTrace implements ServerInterceptor {

  private static final io.grpc.Context.Key<Context> RECEIVED =
      io.grpc.Context.keyWithDefault("winnow-trace", Context.root());

  private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
  private static final Metadata.Key<String> TRACESTATE = key("tracestate");

  /** The caller's span, inside a gRPC method; the root context if none was sent. */
  public static Context context() {
    return RECEIVED.get();
  }

  /** The caller's span, by the headers of its call. */
  public static Context of(Metadata headers) {
    return TraceParent.read(text(headers, TRACEPARENT), text(headers, TRACESTATE), Context.root());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return Contexts.interceptCall(
        io.grpc.Context.current().withValue(RECEIVED, of(headers)), call, headers, next);
  }

  private static String text(Metadata headers, Metadata.Key<String> key) {
    String value = headers.get(key);
    return value == null ? "" : value;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
