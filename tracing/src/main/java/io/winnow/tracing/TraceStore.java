package io.winnow.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps the ended spans of the latest traces, up to a number of bytes (estimated), for machines
 * without a collector. The oldest trace goes first, and a trace that alone is too large goes as
 * well. Thread-safe.
 */
public final class TraceStore implements SpanProcessor {

  private static final long SPAN_BYTES = 512;
  private static final long ATTRIBUTE_BYTES = 48;
  private static final long EVENT_BYTES = 256;

  private final long maxBytes;
  private final Map<String, Trace> traces = new LinkedHashMap<>(); // oldest first
  private long bytes;

  /**
   * @param maxBytes 0 keeps nothing
   */
  public TraceStore(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  public boolean isOn() {
    return maxBytes > 0;
  }

  /** Ids of the traces held, the latest first. */
  public synchronized List<String> ids() {
    List<String> ids = new ArrayList<>(traces.keySet());
    Collections.reverse(ids);
    return ids;
  }

  /** The trace as OTLP's JSON, a TracesData; empty if it is not there (any more). */
  public Optional<byte[]> json(String traceId) {
    List<SpanData> spans;
    synchronized (this) {
      Trace trace = traces.get(traceId);
      if (trace == null) {
        return Optional.empty();
      }
      spans = List.copyOf(trace.spans);
    }
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      // The SDK has no public writer of OTLP JSON; its version is pinned by Quarkus.
      TraceRequestMarshaler.create(spans).writeJsonTo(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory does not fail", e);
    }
    return Optional.of(json.toByteArray());
  }

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {
    // What has not ended is not kept.
  }

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    if (isOn() && span.getSpanContext().isSampled()) {
      add(span.toSpanData());
    }
  }

  @Override
  public boolean isEndRequired() {
    return isOn();
  }

  synchronized long bytes() {
    return bytes;
  }

  /** About what it takes in memory: exact enough for a bound, and far cheaper than to write it. */
  private static long size(SpanData span) {
    long[] size = {SPAN_BYTES + 2L * span.getName().length()};
    span.getAttributes()
        .forEach(
            (key, value) ->
                size[0] +=
                    ATTRIBUTE_BYTES
                        + (value instanceof String text ? 2L * text.length() : Long.BYTES));
    size[0] += (long) span.getEvents().size() * EVENT_BYTES;
    return size[0];
  }

  private void add(SpanData span) {
    long size = size(span);
    synchronized (this) {
      Trace trace = traces.computeIfAbsent(span.getTraceId(), id -> new Trace());
      trace.spans.add(span);
      trace.bytes += size;
      bytes += size;
      Iterator<Trace> oldest = traces.values().iterator();
      while (bytes > maxBytes && oldest.hasNext()) {
        bytes -= oldest.next().bytes;
        oldest.remove();
      }
    }
  }

  private static final class Trace {

    private final List<SpanData> spans = new ArrayList<>();
    private long bytes;
  }
}
