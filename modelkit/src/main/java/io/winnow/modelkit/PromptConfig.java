package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.v1.PromptManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The text side of a checkpoint: tokenizer, chat template and special tokens. */
final class PromptConfig {

  static final String TOKENIZER = "tokenizer.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";

  private final Path checkpoint;
  private final JsonFields tokenizerConfig;

  PromptConfig(Path checkpoint) {
    this.checkpoint = checkpoint;
    this.tokenizerConfig = JsonFields.read(checkpoint.resolve("tokenizer_config.json"));
  }

  /** Copies the files and describes them. {@code folder} is their place in the repository. */
  PromptManifest write(Path target, String folder, int imageTokenId) throws IOException {
    JsonFields tokenizer = JsonFields.read(checkpoint.resolve(TOKENIZER));
    Files.copy(checkpoint.resolve(TOKENIZER), target.resolve(TOKENIZER));
    Files.writeString(target.resolve(CHAT_TEMPLATE), chatTemplate());
    return PromptManifest.newBuilder()
        .setTokenizer(folder + "/" + TOKENIZER)
        .setChatTemplate(folder + "/" + CHAT_TEMPLATE)
        .setImageToken(addedToken(tokenizer, imageTokenId))
        .setImageTokenId(imageTokenId)
        .setBosToken(specialToken("bos_token"))
        .setEosToken(specialToken("eos_token"))
        .addAllEosTokenIds(endIds())
        .build();
  }

  /** transformers has kept the template in three places over time; the newest wins. */
  private String chatTemplate() throws IOException {
    Path file = checkpoint.resolve(CHAT_TEMPLATE);
    if (Files.exists(file)) {
      return Files.readString(file);
    }
    return JsonFields.readIfPresent(checkpoint.resolve("chat_template.json"))
        .orElse(tokenizerConfig)
        .text("chat_template");
  }

  private static String addedToken(JsonFields tokenizer, int id) {
    for (JsonNode token : tokenizer.node("added_tokens")) {
      if (token.path("id").asInt(-1) == id) {
        return token.path("content").asText();
      }
    }
    throw new ExportException(
        TOKENIZER + ": added_tokens has no token " + id + ", the image token of config.json");
  }

  private String specialToken(String key) {
    JsonNode token = tokenizerConfig.node(key);
    return token.isObject() ? token.path("content").asText() : token.asText("");
  }

  private List<Integer> endIds() {
    JsonFields config = JsonFields.read(checkpoint.resolve("config.json"));
    JsonNode ids =
        JsonFields.readIfPresent(checkpoint.resolve("generation_config.json"))
            .filter(fields -> fields.has("eos_token_id"))
            .orElse(config.has("eos_token_id") ? config : config.objectOrEmpty("text_config"))
            .node("eos_token_id");
    List<Integer> result = new ArrayList<>();
    for (JsonNode id : ids.isArray() ? ids : List.of(ids)) {
      if (!id.isInt()) {
        throw new ExportException("config.json: eos_token_id is missing or not an integer");
      }
      result.add(id.intValue());
    }
    return result;
  }
}
