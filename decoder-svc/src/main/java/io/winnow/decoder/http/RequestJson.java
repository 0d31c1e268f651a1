package io.winnow.decoder.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Reads a request body as one JSON object, strictly: bounded depth, no duplicate keys, nothing
 * after it. Errors name line and column.
 */
final class RequestJson {

  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER_LENGTH = 100;
  private static final int MAX_NAME_LENGTH = 1000;

  private final ObjectMapper mapper;

  RequestJson() {
    // The body's own limit bounds strings: a picture is one string.
    StreamReadConstraints constraints =
        StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH)
            .maxNumberLength(MAX_NUMBER_LENGTH)
            .maxNameLength(MAX_NAME_LENGTH)
            .maxStringLength(Integer.MAX_VALUE)
            .build();
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(constraints)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    this.mapper =
        JsonMapper.builder(factory).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  }

  ObjectNode read(byte[] body) {
    JsonNode root;
    try {
      root = mapper.readTree(body);
    } catch (StreamConstraintsException e) {
      throw malformed(constraint(e.getOriginalMessage()), e.getLocation());
    } catch (JsonProcessingException e) {
      throw malformed(firstClause(e.getOriginalMessage()), e.getLocation());
    } catch (IOException e) {
      // Bytes in memory do not fail to be read; bytes that are no UTF-8 do.
      throw malformed("it is not valid UTF-8", JsonLocation.NA);
    }
    if (root instanceof ObjectNode object) {
      return object;
    }
    throw new ApiErrorException(
        ApiError.invalid("invalid_json", "The request body must be a JSON object."));
  }

  byte[] write(ObjectNode node) {
    try {
      return mapper.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApiErrorException malformed(String what, JsonLocation at) {
    String where =
        at == null || at.getLineNr() < 1
            ? ""
            : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
    return new ApiErrorException(
        ApiError.invalid(
            "invalid_json", "The request body is not valid JSON: " + what + where + "."));
  }

  private static String constraint(String message) {
    return message.contains("nesting depth")
        ? "it is nested deeper than " + MAX_DEPTH + " levels"
        : "a name or number in it is too long";
  }

  /** The parser's message without its hints on the parser's own settings. */
  private static String firstClause(String message) {
    int end = message.indexOf(" (start marker");
    String clause = end < 0 ? message : message.substring(0, end);
    int line = clause.indexOf('\n');
    return line < 0 ? clause : clause.substring(0, line);
  }
}
