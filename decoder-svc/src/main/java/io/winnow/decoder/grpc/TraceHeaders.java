package io.winnow.decoder.grpc;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.tracing.IncomingTrace;
import io.winnow.tracing.TraceParent;
import java.util.Map;

/** W3C Trace Context as gRPC metadata. */
final class TraceHeaders {

  private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
  private static final Metadata.Key<String> TRACESTATE = key("tracestate");

  private TraceHeaders() {}

  /** What came with the call under way. */
  static TraceContext received() {
    Map<String, String> headers = TraceParent.write(IncomingTrace.context());
    return new TraceContext(
        headers.getOrDefault("traceparent", ""), headers.getOrDefault("tracestate", ""));
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
}
