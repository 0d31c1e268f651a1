package io.winnow.cli.explain;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads OTLP's JSON: one TracesData or many in a row, as the file exporter of the OpenTelemetry
 * Collector and the services' own stores write them.
 */
public final class OtlpJson {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STATUS_ERROR = 2;

  private OtlpJson() {}

  /**
   * All spans.
   *
   * @throws IOException if it is no JSON; JSON of another kind has no spans
   */
  public static List<TraceSpan> read(InputStream json) throws IOException {
    List<TraceSpan> spans = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(json);
        MappingIterator<JsonNode> documents = JSON.readerFor(JsonNode.class).readValues(parser)) {
      while (documents.hasNextValue()) {
        for (JsonNode resource : documents.nextValue().path("resourceSpans")) {
          String service =
              attributes(resource.path("resource")).getOrDefault("service.name", "unknown");
          for (JsonNode scope : resource.path("scopeSpans")) {
            for (JsonNode span : scope.path("spans")) {
              spans.add(span(service, span));
            }
          }
        }
      }
    }
    return spans;
  }

  private static TraceSpan span(String service, JsonNode span) {
    long begin = span.path("startTimeUnixNano").asLong();
    JsonNode status = span.path("status").path("code");
    return new TraceSpan(
        span.path("traceId").asText(),
        span.path("spanId").asText(),
        span.path("parentSpanId").asText(),
        service,
        span.path("name").asText(),
        begin,
        Math.max(begin, span.path("endTimeUnixNano").asLong()),
        attributes(span),
        status.asInt() == STATUS_ERROR || status.asText().equals("STATUS_CODE_ERROR"));
  }

  private static Map<String, String> attributes(JsonNode of) {
    Map<String, String> attributes = new HashMap<>();
    for (JsonNode attribute : of.path("attributes")) {
      JsonNode value = attribute.path("value");
      // One field, named by its type: stringValue, intValue (as text), doubleValue, ...
      String text = value.isEmpty() ? "" : value.elements().next().asText();
      attributes.put(attribute.path("key").asText(), text);
    }
    return attributes;
  }
}
