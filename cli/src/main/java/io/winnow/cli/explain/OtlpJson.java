package io.winnow.cli.explain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads OTLP's JSON: one TracesData or many in a row, as the file exporter of the OpenTelemetry
 * Collector and the services' own stores write them. What a collector is just writing may end
 * amidst a line, and what it has rotated away may begin so: broken lines are passed over.
 */
public final class OtlpJson {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STATUS_ERROR = 2;

  private OtlpJson() {}

  /**
   * All spans that can be read.
   *
   * @throws IOException if there is text, but none of it is JSON; JSON of another kind has no spans
   */
  public static List<TraceSpan> read(InputStream json) throws IOException {
    List<TraceSpan> spans = new ArrayList<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(json, StandardCharsets.UTF_8));
    StringBuilder document = new StringBuilder(); // from a line that begins with a brace
    Optional<JsonProcessingException> broken = Optional.empty();
    boolean readable = false;
    String line = lines.readLine();
    while (line != null) {
      document.append(line).append('\n');
      line = lines.readLine();
      if (line == null || line.startsWith("{")) {
        try {
          readable |= readDocuments(document.toString(), spans);
        } catch (JsonProcessingException e) {
          broken = Optional.of(e);
        }
        document.setLength(0);
      }
    }
    if (!readable && broken.isPresent()) {
      throw broken.get();
    }
    return spans;
  }

  /** Reads documents in a row; tells whether there was any. */
  private static boolean readDocuments(String json, List<TraceSpan> into) throws IOException {
    boolean any = false;
    try (MappingIterator<JsonNode> documents = JSON.readerFor(JsonNode.class).readValues(json)) {
      while (documents.hasNextValue()) {
        any = true;
        readDocument(documents.nextValue(), into);
      }
    }
    return any;
  }

  private static void readDocument(JsonNode document, List<TraceSpan> into) {
    for (JsonNode resource : document.path("resourceSpans")) {
      String service =
          attributes(resource.path("resource")).getOrDefault("service.name", "unknown");
      for (JsonNode scope : resource.path("scopeSpans")) {
        for (JsonNode span : scope.path("spans")) {
          into.add(span(service, span));
        }
      }
    }
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
