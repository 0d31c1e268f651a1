package io.winnow.runtime.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.winnow.v1.PromptManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The bundled model's text side and what the reference makes of it. */
final class DemoText {

  static final Path CHECKPOINT =
      Path.of(System.getProperty("winnow.root"), "demo-model/checkpoint");

  static final PromptManifest MANIFEST =
      PromptManifest.newBuilder()
          .setImageToken("<image>")
          .setImageTokenId(4)
          .setBosToken("<s>")
          .setEosToken("</s>")
          .addEosTokenIds(2)
          .build();

  private DemoText() {}

  static Tokenizer tokenizer() {
    try {
      return Tokenizer.load(CHECKPOINT.resolve("tokenizer.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ChatTemplate template() {
    return new ChatTemplate(read(CHECKPOINT.resolve("chat_template.jinja")), "<s>", "</s>");
  }

  static Stream<JsonObject> goldens(String list) {
    String json = read(CHECKPOINT.resolveSibling("goldens").resolve("text.json"));
    return StreamSupport.stream(
            JsonParser.parseString(json).getAsJsonObject().getAsJsonArray(list).spliterator(),
            false)
        .map(JsonElement::getAsJsonObject);
  }

  static long[] ids(JsonElement array) {
    return StreamSupport.stream(array.getAsJsonArray().spliterator(), false)
        .mapToLong(JsonElement::getAsLong)
        .toArray();
  }

  static List<ChatTurn> turns(JsonElement messages) {
    List<ChatTurn> turns = new ArrayList<>();
    for (JsonElement message : messages.getAsJsonArray()) {
      turns.add(turn(message.getAsJsonObject()));
    }
    return turns;
  }

  private static ChatTurn turn(JsonObject message) {
    String role = message.get("role").getAsString();
    JsonElement content = message.get("content");
    if (content.isJsonPrimitive()) {
      return ChatTurn.of(role, content.getAsString());
    }
    List<ChatTurn.Part> parts = new ArrayList<>();
    for (JsonElement part : content.getAsJsonArray()) {
      JsonElement text = part.getAsJsonObject().get("text");
      parts.add(text == null ? new ChatTurn.Picture() : new ChatTurn.Text(text.getAsString()));
    }
    return new ChatTurn(role, parts);
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
