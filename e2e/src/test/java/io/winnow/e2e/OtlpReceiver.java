package io.winnow.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/** A collector: takes OTLP over HTTP and keeps the spans. */
final class OtlpReceiver implements AutoCloseable {

  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private final HttpServer server;
  private final ExecutorService threads = Executors.newSingleThreadExecutor();
  private final List<Received> spans = new ArrayList<>();

  /** A span and the service that sent it. */
  record Received(String service, Span span) {

    String traceId() {
      return HexFormat.of().formatHex(span.getTraceId().toByteArray());
    }

    String id() {
      return HexFormat.of().formatHex(span.getSpanId().toByteArray());
    }

    String parentId() {
      return HexFormat.of().formatHex(span.getParentSpanId().toByteArray());
    }

    /** Value of a text attribute; empty if there is none. */
    String text(String key) {
      return span.getAttributesList().stream()
          .filter(attribute -> attribute.getKey().equals(key))
          .map(attribute -> attribute.getValue().getStringValue())
          .findFirst()
          .orElse("");
    }

    long number(String key) {
      return span.getAttributesList().stream()
          .filter(attribute -> attribute.getKey().equals(key))
          .mapToLong(attribute -> attribute.getValue().getIntValue())
          .findFirst()
          .orElse(-1);
    }
  }

  OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
    server.setExecutor(threads);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /**
   * Waits until a trace has what is wanted and every span but those below {@code caller} has its
   * parent: batches of different services arrive late and in any order.
   */
  List<Received> await(String traceId, String caller, Predicate<List<Received>> wanted)
      throws InterruptedException {
    long end = System.nanoTime() + DEADLINE.toNanos();
    synchronized (spans) {
      while (true) {
        List<Received> trace =
            spans.stream().filter(span -> span.traceId().equals(traceId)).toList();
        if (wanted.test(trace) && orphans(trace, caller).isEmpty()) {
          return trace;
        }
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new AssertionError(
              "orphans %s among %s"
                  .formatted(
                      orphans(trace, caller),
                      trace.stream().map(span -> span.span().getName()).toList()));
        }
        spans.wait(left);
      }
    }
  }

  /**
   * Names of the spans of any trace whose parent has not come; those below {@code caller} are none.
   */
  List<String> orphans(String caller) {
    synchronized (spans) {
      return orphans(spans, caller);
    }
  }

  private static List<String> orphans(List<Received> trace, String caller) {
    Set<String> ids = new HashSet<>(Set.of(caller));
    trace.forEach(span -> ids.add(span.id()));
    return trace.stream()
        .filter(span -> !ids.contains(span.parentId()))
        .map(span -> span.span().getName())
        .toList();
  }

  private void take(HttpExchange exchange) {
    try (exchange) {
      ExportTraceServiceRequest request =
          ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
      synchronized (spans) {
        request.getResourceSpansList().forEach(this::keep);
        spans.notifyAll();
      }
      exchange.getResponseHeaders().set("content-type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1); // an empty ExportTraceServiceResponse: all were taken
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void keep(ResourceSpans resource) {
    String service =
        resource.getResource().getAttributesList().stream()
            .filter(attribute -> attribute.getKey().equals("service.name"))
            .map(KeyValue::getValue)
            .map(value -> value.getStringValue())
            .findFirst()
            .orElse("unknown");
    for (ScopeSpans scope : resource.getScopeSpansList()) {
      scope.getSpansList().forEach(span -> spans.add(new Received(service, span)));
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
