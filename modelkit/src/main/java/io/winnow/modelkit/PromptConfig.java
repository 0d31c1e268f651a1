package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.v1.PromptManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The text side of a checkpoint: tokenizer, chat template and special tokens. */
final class PromptConfig {

  static final String TOKENIZER = "tokenizer.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";

  private static final String KEY = "chat_template";

  private final Path checkpoint;
  private final JsonFields tokenizerConfig;

  PromptConfig(Path checkpoint) {
    this.checkpoint = checkpoint;
    this.tokenizerConfig = JsonFields.read(checkpoint.resolve("tokenizer_config.json"));
  }

  /** Copies the files and describes them. {@code folder} is their place in the repository. */
  PromptManifest write(Path target, String folder, int imageTokenId) throws IOException {
    JsonFields tokenizer = tokenizer(checkpoint);
    Files.copy(checkpoint.resolve(TOKENIZER), target.resolve(TOKENIZER));
    Files.writeString(target.resolve(CHAT_TEMPLATE), chatTemplate());
    return PromptManifest.newBuilder()
        .setTokenizer(folder + "/" + TOKENIZER)
        .setChatTemplate(folder + "/" + CHAT_TEMPLATE)
        .setImageToken(addedToken(tokenizer, imageTokenId))
        .setImageTokenId(imageTokenId)
        .setBosToken(specialToken("bos_token"))
        .setEosToken(specialToken("eos_token"))
        .addAllEosTokenIds(endIds(tokenizer))
        .build();
  }

  static JsonFields tokenizer(Path checkpoint) {
    Path file = checkpoint.resolve(TOKENIZER);
    if (!Files.exists(file) && Files.exists(checkpoint.resolve("tokenizer.model"))) {
      throw new ExportException(
          "the checkpoint has a tokenizer.model and no tokenizer.json: write one with"
              + " transformers, see \"tokenizer.json\" in docs/checkpoints.md");
    }
    return JsonFields.read(file);
  }

  /** transformers has kept the template in several places over time; the newest wins. */
  private String chatTemplate() throws IOException {
    Path file = checkpoint.resolve(CHAT_TEMPLATE);
    if (Files.exists(file)) {
      return Files.readString(file);
    }
    return templateHolder()
        .map(PromptConfig::template)
        .orElseThrow(
            () ->
                new ExportException(
                    "the checkpoint has no chat template: put one into chat_template.jinja, see"
                        + " \"Chat template\" in docs/checkpoints.md"));
  }

  boolean hasChatTemplate() {
    return Files.exists(checkpoint.resolve(CHAT_TEMPLATE)) || templateHolder().isPresent();
  }

  private Optional<JsonFields> templateHolder() {
    return Stream.of("chat_template.json", "processor_config.json")
        .flatMap(name -> JsonFields.readIfPresent(checkpoint.resolve(name)).stream())
        .filter(fields -> fields.has(KEY))
        .findFirst()
        .or(() -> Optional.of(tokenizerConfig).filter(fields -> fields.has(KEY)));
  }

  /** A template, or the default one of a list of named ones. */
  private static String template(JsonFields fields) {
    if (!fields.node(KEY).isArray()) {
      return fields.text(KEY);
    }
    for (JsonNode named : fields.node(KEY)) {
      if (named.path("name").asText().equals("default")) {
        return named.path("template").asText();
      }
    }
    throw fields.unsupported(KEY, "a template, or a list with one that is named default");
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
    JsonFields fields =
        Optional.of(tokenizerConfig)
            .filter(config -> config.has(key))
            .or(() -> JsonFields.readIfPresent(checkpoint.resolve("special_tokens_map.json")))
            .orElse(tokenizerConfig);
    JsonNode token = fields.node(key);
    return token.isObject() ? token.path("content").asText() : token.asText("");
  }

  /** The ids that a generation config names, or the id of the tokenizer's closing token. */
  private List<Integer> endIds(JsonFields tokenizer) {
    String key = "eos_token_id";
    JsonFields config = JsonFields.read(checkpoint.resolve("config.json"));
    return Stream.concat(
            JsonFields.readIfPresent(checkpoint.resolve("generation_config.json")).stream(),
            Stream.of(config, config.objectOrEmpty("text_config")))
        .filter(fields -> fields.has(key))
        .findFirst()
        .map(fields -> fields.integers(key))
        .orElseGet(() -> List.of(closingToken(tokenizer)));
  }

  private int closingToken(JsonFields tokenizer) {
    String text = specialToken("eos_token");
    List<Integer> ids = new ArrayList<>();
    for (JsonNode token : tokenizer.node("added_tokens")) {
      if (token.path("content").asText().equals(text) && token.path("id").isInt()) {
        ids.add(token.path("id").intValue());
      }
    }
    if (text.isEmpty() || ids.isEmpty()) {
      throw new ExportException(
          "what ends an answer is unknown: generation_config.json and config.json have no"
              + " eos_token_id, and added_tokens of "
              + TOKENIZER
              + " does not have eos_token of tokenizer_config.json");
    }
    return ids.get(0);
  }
}
