package io.winnow.decoder.grpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.MetadataUtils;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.decoder.telemetry.TraceContext;
import jakarta.inject.Singleton;

/** W3C Trace Context as gRPC metadata. */
final class TraceHeaders {

  private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
  private static final Metadata.Key<String> TRACESTATE = key("tracestate");

  private static final Context.Key<TraceContext> RECEIVED =
      Context.keyWithDefault("winnow-trace", TraceContext.NONE);

  private TraceHeaders() {}

  /** What came with the call under way. */
  static TraceContext received() {
    return RECEIVED.get();
  }

  private static String header(Metadata headers, Metadata.Key<String> key) {
    String value = headers.get(key);
    return value == null ? "" : value;
  }

  /** A channel whose calls carry the context. */
  static Channel on(Channel channel, TraceContext trace) {
    if (!trace.isPresent()) {
      return channel;
    }
    Metadata headers = new Metadata();
    headers.put(TRACEPARENT, trace.traceparent());
    if (!trace.tracestate().isEmpty()) {
      headers.put(TRACESTATE, trace.tracestate());
    }
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** Keeps what comes with each call for the length of the call. */
  @GlobalInterceptor
  @Singleton
  static final class Receiver implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      TraceContext trace =
          new TraceContext(header(headers, TRACEPARENT), header(headers, TRACESTATE));
      return Contexts.interceptCall(
          Context.current().withValue(RECEIVED, trace), call, headers, next);
    }
  }
}
