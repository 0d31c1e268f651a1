package io.winnow.modelkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JSON object whose errors name the file and the path of the key. */
final class JsonFields {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String file;
  private final String prefix;
  private final JsonNode node;

  private JsonFields(String file, String prefix, JsonNode node) {
    this.file = file;
    this.prefix = prefix;
    this.node = node;
  }

  /** Reads a file that must exist and hold an object. */
  static JsonFields read(Path path) {
    return read(path, path.getFileName().toString());
  }

  /**
   * Reads a file that must exist and hold an object.
   *
   * @param shown what messages call the file
   */
  static JsonFields read(Path path, String shown) {
    return parse(shown, readText(path));
  }

  /** Reads a file that may be missing. */
  static Optional<JsonFields> readIfPresent(Path path) {
    return Files.exists(path) ? Optional.of(read(path)) : Optional.empty();
  }

  static JsonFields parse(String file, String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isObject()) {
        throw new ExportException(file + " does not hold a JSON object");
      }
      return new JsonFields(file, "", node);
    } catch (JsonProcessingException e) {
      throw new ExportException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String readText(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new ExportException("cannot read " + path.getFileName() + " of the checkpoint", e);
    }
  }

  /** Whether the key is there and not null. */
  boolean has(String key) {
    return node.hasNonNull(key);
  }

  JsonNode node(String key) {
    return node.path(key);
  }

  /** All keys, in the order of the file. */
  List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  JsonFields object(String key) {
    JsonNode value = required(key);
    if (!value.isObject()) {
      throw wrong(key, "an object");
    }
    return new JsonFields(file, prefix + key + ".", value);
  }

  /** The object under this key, or an empty one. */
  JsonFields objectOrEmpty(String key) {
    return has(key)
        ? object(key)
        : new JsonFields(file, prefix + key + ".", JSON.createObjectNode());
  }

  String text(String key) {
    JsonNode value = required(key);
    if (!value.isTextual()) {
      throw wrong(key, "a string");
    }
    return value.textValue();
  }

  String text(String key, String absent) {
    return has(key) ? text(key) : absent;
  }

  boolean flag(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    if (!node.get(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return node.get(key).booleanValue();
  }

  int integer(String key) {
    JsonNode value = required(key);
    if (!value.isInt()) {
      throw wrong(key, "an integer");
    }
    return value.intValue();
  }

  int integer(String key, int absent) {
    return has(key) ? integer(key) : absent;
  }

  int positive(String key) {
    int value = integer(key);
    if (value <= 0) {
      throw wrong(key, "at least 1");
    }
    return value;
  }

  int positive(String key, int absent) {
    return has(key) ? positive(key) : absent;
  }

  double number(String key) {
    JsonNode value = required(key);
    if (!value.isNumber()) {
      throw wrong(key, "a number");
    }
    return value.doubleValue();
  }

  double number(String key, double absent) {
    return has(key) ? number(key) : absent;
  }

  /** One integer or a list of them. */
  List<Integer> integers(String key) {
    JsonNode value = required(key);
    List<Integer> integers = new ArrayList<>();
    for (JsonNode element : value.isArray() ? value : List.of(value)) {
      if (!element.isInt()) {
        throw wrong(key, "an integer or a list of integers");
      }
      integers.add(element.intValue());
    }
    return integers;
  }

  List<Double> numbers(String key) {
    JsonNode value = required(key);
    List<Double> numbers = new ArrayList<>();
    for (JsonNode element : value) {
      if (!element.isNumber()) {
        throw wrong(key, "a list of numbers");
      }
      numbers.add(element.doubleValue());
    }
    return numbers;
  }

  /** Fails unless the value, or what a missing one stands for, is the supported one. */
  void require(String key, String absent, String supported) {
    if (!text(key, absent).equals(supported)) {
      throw unsupported(key, supported);
    }
  }

  /** The error for a value that is readable but cannot be taken. */
  ExportException unsupported(String key, String supported) {
    return new ExportException(
        file + ": " + prefix + key + " is " + node.path(key) + ", supported: " + supported);
  }

  private ExportException wrong(String key, String expected) {
    return new ExportException(
        file + ": " + prefix + key + " is " + node.path(key) + ", must be " + expected);
  }

  private JsonNode required(String key) {
    if (!has(key)) {
      throw new ExportException(file + ": " + prefix + key + " is missing");
    }
    return node.get(key);
  }
}
