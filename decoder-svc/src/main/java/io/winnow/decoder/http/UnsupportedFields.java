package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * OpenAI's fields that are not honoured: allowed only with a value that asks for nothing, refused
 * by name otherwise. Fields about the account ({@code user}, {@code metadata}, ...) are ignored:
 * they do not bear on the answer.
 */
final class UnsupportedFields {

  private static final List<String> IGNORED =
      List.of("user", "metadata", "safety_identifier", "prompt_cache_key");

  private static final Predicate<JsonNode> NEVER = value -> false;
  private static final Predicate<JsonNode> EMPTY =
      value -> value.isContainerNode() && value.isEmpty();
  private static final Predicate<JsonNode> ZERO =
      value -> value.isNumber() && value.asDouble() == 0;

  /** Field -> the values that ask for nothing. */
  private static final Map<String, Predicate<JsonNode>> NEUTRAL = neutral();

  private UnsupportedFields() {}

  static void refuse(JsonFields fields) {
    IGNORED.forEach(fields::value);
    NEUTRAL.forEach(
        (name, neutral) -> {
          Optional<JsonNode> value = fields.value(name);
          if (value.isPresent() && !neutral.test(value.get())) {
            throw unsupported(fields.at(name));
          }
        });
  }

  static ApiErrorException unsupported(String path) {
    return new ApiErrorException(
        ApiError.invalid(
            "unsupported_parameter", "'" + path + "' is not supported with this value.", path));
  }

  private static Map<String, Predicate<JsonNode>> neutral() {
    Map<String, Predicate<JsonNode>> fields = new LinkedHashMap<>();
    fields.put("n", value -> value.isIntegralNumber() && value.asLong() == 1);
    fields.put("tools", EMPTY);
    fields.put("tool_choice", UnsupportedFields::isNoChoice);
    fields.put("parallel_tool_calls", NEVER);
    fields.put("functions", EMPTY);
    fields.put("function_call", UnsupportedFields::isNoChoice);
    fields.put("response_format", UnsupportedFields::isTextFormat);
    fields.put("frequency_penalty", ZERO);
    fields.put("presence_penalty", ZERO);
    fields.put("logit_bias", EMPTY);
    fields.put("modalities", UnsupportedFields::isTextOnly);
    fields.put("audio", NEVER);
    fields.put("prediction", NEVER);
    fields.put("reasoning_effort", NEVER);
    fields.put("verbosity", NEVER);
    fields.put("web_search_options", NEVER);
    fields.put("prompt_cache_retention", NEVER);
    fields.put("service_tier", value -> isOneOf(value, "auto", "default"));
    fields.put("store", value -> value.isBoolean() && !value.booleanValue());
    return fields;
  }

  private static boolean isNoChoice(JsonNode value) {
    return isOneOf(value, "none", "auto");
  }

  private static boolean isTextFormat(JsonNode value) {
    return value.size() == 1 && isOneOf(value.path("type"), "text");
  }

  private static boolean isTextOnly(JsonNode value) {
    return value.isArray() && value.size() == 1 && isOneOf(value.path(0), "text");
  }

  private static boolean isOneOf(JsonNode value, String... texts) {
    return value.isTextual() && List.of(texts).contains(value.textValue());
  }
}
