package io.winnow.tracing;

import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** W3C Trace Context as text. */
public final class TraceParent {

  private static final TextMapGetter<Map<String, String>> ENTRIES =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, String> headers) {
          return headers.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> headers, String key) {
          return headers == null ? null : headers.get(key);
        }
      };

  private TraceParent() {}

  /** Reads a traceparent; {@code otherwise} if it is empty or malformed. */
  public static Context read(String traceparent, String tracestate, Context otherwise) {
    if (traceparent.isEmpty()) {
      return otherwise;
    }
    return W3CTraceContextPropagator.getInstance()
        .extract(otherwise, Map.of("traceparent", traceparent, "tracestate", tracestate), ENTRIES);
  }

  /**
   * The headers of a context: traceparent, and tracestate if there is any; empty outside a trace.
   */
  public static Map<String, String> write(Context context) {
    Map<String, String> headers = new HashMap<>();
    W3CTraceContextPropagator.getInstance()
        .inject(
            context,
            headers,
            (into, key, value) -> {
              if (into != null) {
                into.put(key, value);
              }
            });
    return headers;
  }
}
