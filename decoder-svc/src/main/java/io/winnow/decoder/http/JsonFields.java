package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Typed reading of one JSON object. Every error names the field by its path; a JSON null counts as
 * absent; {@link #refuseOthers} refuses what was not asked for.
 */
final class JsonFields {

  private final ObjectNode node;
  private final String path;
  private final Set<String> known = new HashSet<>();

  JsonFields(ObjectNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The object in {@code node}, which stands at {@code path}. */
  static JsonFields of(JsonNode node, String path) {
    if (node instanceof ObjectNode object) {
      return new JsonFields(object, path);
    }
    throw wrongType(path, "an object", node);
  }

  String path() {
    return path;
  }

  String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  Optional<JsonNode> value(String name) {
    known.add(name);
    return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
  }

  JsonNode required(String name) {
    return value(name).orElseThrow(() -> missing(name));
  }

  Optional<String> string(String name) {
    return value(name).map(value -> text(value, at(name)));
  }

  String requiredString(String name) {
    return text(required(name), at(name));
  }

  Optional<Boolean> flag(String name) {
    return value(name)
        .map(
            value -> {
              if (!value.isBoolean()) {
                throw wrongType(at(name), "a boolean", value);
              }
              return value.booleanValue();
            });
  }

  OptionalInt integer(String name, int min, int max) {
    OptionalLong value = integer(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    long found = value.getAsLong();
    if (found < min || found > max) {
      String range =
          max == Integer.MAX_VALUE ? "at least " + min : "between %d and %d".formatted(min, max);
      throw invalid(name, "must be %s, not %d".formatted(range, found));
    }
    return OptionalInt.of((int) found);
  }

  /** A 64-bit integer. */
  OptionalLong integer(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    if (!value.get().isIntegralNumber()) {
      throw wrongType(at(name), "an integer", value.get());
    }
    if (!value.get().canConvertToLong()) {
      throw invalid(name, "does not fit 64 bits");
    }
    return OptionalLong.of(value.get().longValue());
  }

  OptionalDouble number(String name, double min, double max) {
    OptionalDouble value = number(name);
    if (value.isPresent() && !(value.getAsDouble() >= min && value.getAsDouble() <= max)) {
      throw invalid(
          name, "must be between %s and %s, not %s".formatted(min, max, value.getAsDouble()));
    }
    return value;
  }

  /** A number above 0. */
  OptionalDouble positive(String name, double max) {
    OptionalDouble value = number(name, Double.NEGATIVE_INFINITY, max);
    if (value.isPresent() && value.getAsDouble() <= 0) {
      throw invalid(name, "must be above 0, not " + value.getAsDouble());
    }
    return value;
  }

  Optional<JsonFields> object(String name) {
    return value(name).map(value -> of(value, at(name)));
  }

  /** Refuses every field that was not asked for so far. */
  void refuseOthers() {
    Iterator<String> names = node.fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (!known.contains(name)) {
        throw new ApiErrorException(
            ApiError.invalid(
                "unknown_parameter", "Unknown parameter: '" + at(name) + "'.", at(name)));
      }
    }
  }

  ApiErrorException missing(String name) {
    return new ApiErrorException(
        ApiError.invalid(
            "missing_required_parameter",
            "Missing required parameter: '" + at(name) + "'.",
            at(name)));
  }

  ApiErrorException invalid(String name, String what) {
    return invalidValue(at(name), what);
  }

  static ApiErrorException invalidValue(String path, String what) {
    return new ApiErrorException(
        ApiError.invalid("invalid_value", "Invalid value: '" + path + "' " + what + ".", path));
  }

  static ApiErrorException wrongType(String path, String expected, JsonNode found) {
    String kind = found.getNodeType().name().toLowerCase(Locale.ROOT);
    String message = "Invalid type: '%s' must be %s, not %s.";
    return new ApiErrorException(
        ApiError.invalid("invalid_type", message.formatted(path, expected, kind), path));
  }

  static String text(JsonNode value, String path) {
    if (!value.isTextual()) {
      throw wrongType(path, "a string", value);
    }
    return wellFormed(value.textValue(), path);
  }

  /** JSON's escapes can spell half a character, which no UTF-8 has and no tokenizer takes. */
  private static String wellFormed(String text, String path) {
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) {
        continue;
      }
      if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
        throw invalidValue(path, "holds a lone surrogate at character " + i);
      }
      i++;
    }
    return text;
  }

  private OptionalDouble number(String name) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!value.get().isNumber()) {
      throw wrongType(at(name), "a number", value.get());
    }
    return OptionalDouble.of(value.get().doubleValue());
  }
}
