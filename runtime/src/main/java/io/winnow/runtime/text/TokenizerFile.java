package io.winnow.runtime.text;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What Winnow itself needs from a tokenizer.json. Read as a stream: the vocabulary, which the
 * native library parses anyway, can be tens of megabytes.
 *
 * @param controlTokens id of each token that is marked special, by its literal
 * @param byteTokens ids of the tokens that stand for one byte each, such as {@code <0xE2>}; their
 *     text depends on the bytes around them
 */
record TokenizerFile(Map<String, Long> controlTokens, Set<Long> byteTokens) {

  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");

  TokenizerFile {
    controlTokens = Map.copyOf(controlTokens);
    byteTokens = Set.copyOf(byteTokens);
  }

  static TokenizerFile parse(String json) throws IOException {
    Map<String, Long> controlTokens = new HashMap<>();
    Set<Long> byteTokens = new HashSet<>();
    boolean byteFallback = false;
    try (JsonReader reader = new JsonReader(new StringReader(json))) {
      reader.beginObject();
      while (reader.hasNext()) {
        switch (reader.nextName()) {
          case "added_tokens" -> readAddedTokens(reader, controlTokens);
          case "decoder" -> byteFallback = containsType(reader, "ByteFallback");
          case "model" -> readModel(reader, byteTokens);
          default -> reader.skipValue();
        }
      }
      reader.endObject();
    }
    return new TokenizerFile(controlTokens, byteFallback ? byteTokens : Set.of());
  }

  private static void readModel(JsonReader reader, Set<Long> byteTokens) throws IOException {
    reader.beginObject();
    while (reader.hasNext()) {
      boolean vocabulary = reader.nextName().equals("vocab");
      if (vocabulary && reader.peek() == JsonToken.BEGIN_OBJECT) {
        readPiecesWithIds(reader, byteTokens);
      } else if (vocabulary && reader.peek() == JsonToken.BEGIN_ARRAY) {
        readPiecesWithScores(reader, byteTokens);
      } else {
        reader.skipValue();
      }
    }
    reader.endObject();
  }

  private static void readPiecesWithIds(JsonReader reader, Set<Long> byteTokens)
      throws IOException {
    reader.beginObject();
    while (reader.hasNext()) {
      String piece = reader.nextName();
      long id = reader.nextLong();
      if (BYTE_TOKEN.matcher(piece).matches()) {
        byteTokens.add(id);
      }
    }
    reader.endObject();
  }

  /** Unigram models number their pieces by place. */
  private static void readPiecesWithScores(JsonReader reader, Set<Long> byteTokens)
      throws IOException {
    reader.beginArray();
    for (long id = 0; reader.hasNext(); id++) {
      reader.beginArray();
      if (BYTE_TOKEN.matcher(reader.nextString()).matches()) {
        byteTokens.add(id);
      }
      reader.skipValue();
      reader.endArray();
    }
    reader.endArray();
  }

  private static void readAddedTokens(JsonReader reader, Map<String, Long> controlTokens)
      throws IOException {
    reader.beginArray();
    while (reader.hasNext()) {
      long id = -1;
      String content = "";
      boolean special = false;
      reader.beginObject();
      while (reader.hasNext()) {
        switch (reader.nextName()) {
          case "id" -> id = reader.nextLong();
          case "content" -> content = reader.nextString();
          case "special" -> special = reader.nextBoolean();
          default -> reader.skipValue();
        }
      }
      reader.endObject();
      if (special && !content.isEmpty()) {
        controlTokens.put(content, id);
      }
    }
    reader.endArray();
  }

  /** Whether the value, or a value nested in it, is an object with this "type". */
  private static boolean containsType(JsonReader reader, String type) throws IOException {
    boolean found = false;
    switch (reader.peek()) {
      case BEGIN_ARRAY -> {
        reader.beginArray();
        while (reader.hasNext()) {
          found |= containsType(reader, type);
        }
        reader.endArray();
      }
      case BEGIN_OBJECT -> {
        reader.beginObject();
        while (reader.hasNext()) {
          boolean names = reader.nextName().equals("type") && reader.peek() == JsonToken.STRING;
          found |= names ? reader.nextString().equals(type) : containsType(reader, type);
        }
        reader.endObject();
      }
      default -> reader.skipValue();
    }
    return found;
  }
}
