package io.winnow.decoder.tracing;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Ended spans, in the order in which they ended. */
public final class CollectedSpans implements SpanExporter {

  private final List<SpanData> spans = new CopyOnWriteArrayList<>();
  private final SdkTracerProvider provider =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(this)).build();

  public Tracer tracer() {
    return provider.get("test");
  }

  public List<SpanData> all() {
    return spans;
  }

  public List<String> names() {
    return spans.stream().map(SpanData::getName).toList();
  }

  public List<SpanData> named(String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).toList();
  }

  /** The only span of this name. */
  public SpanData only(String name) {
    List<SpanData> found = named(name);
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " spans " + name + " among " + names());
    }
    return found.get(0);
  }

  /** The request's span, which ends last. */
  public SpanData root() {
    return spans.get(spans.size() - 1);
  }

  /** Names of the spans that ended with an error. */
  public List<String> failed() {
    return spans.stream()
        .filter(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
        .map(SpanData::getName)
        .toList();
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> ended) {
    spans.addAll(ended);
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
