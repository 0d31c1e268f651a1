package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.modelkit.CheckpointConfig.Pictures;
import io.winnow.modelkit.CheckpointConfig.Projector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The layout of LLaVA-1.5's own code: config.json has the decoder's keys at the top and LLaVA's
 * beside them, as mm_*. The vision tower is a checkpoint of its own, which stands in the folder
 * vision_tower; docs/checkpoints.md says how to complete such a folder.
 */
final class OriginalLayout {

  /** The folder for the vision tower. */
  static final String TOWER = "vision_tower";

  private static final String IMAGE_TOKEN = "<image>";
  private static final Map<String, String> DECODERS =
      Map.of("llava", "llama", "llava_llama", "llama", "llava_mistral", "mistral");
  private static final KeyLayout KEYS =
      new KeyLayout(
          List.of("model."),
          List.of("lm_head.weight"),
          List.of("model.vision_tower.vision_tower.vision_model.", "vision_model."),
          List.of(new KeyLayout.Pair("model.mm_projector.0", "model.mm_projector.2")));

  private final Path checkpoint;
  private final JsonFields config;

  private OriginalLayout(Path checkpoint, JsonFields config) {
    this.checkpoint = checkpoint;
    this.config = config;
  }

  /** Whether a config.json has this layout. */
  static boolean isOf(JsonFields config) {
    return config.has("mm_vision_tower") || config.has("mm_hidden_size");
  }

  static CheckpointConfig read(Path checkpoint, JsonFields config) {
    return new OriginalLayout(checkpoint, config).read();
  }

  private CheckpointConfig read() {
    String modelType = config.text("model_type", "llava");
    if (!DECODERS.containsKey(modelType)) {
      throw config.unsupported("model_type", "llava, llava_llama, llava_mistral");
    }
    config.require("mm_projector_type", "linear", "mlp2x_gelu");
    if (config.flag("mm_use_im_start_end", false)) {
      throw config.unsupported("mm_use_im_start_end", "false");
    }
    requireCompanions();
    JsonFields towerConfig = towerConfig();
    TowerFamily tower = Families.tower(towerConfig);
    TowerShape vision = tower.shape(towerConfig);
    if (!vision.classToken()) {
      throw towerConfig.unsupported("model_type", "towers with a class token in this layout");
    }
    config.require("mm_vision_select_feature", "patch", "patch");
    DecoderFamily decoder = Families.decoder(config, DECODERS.get(modelType));
    return new CheckpointConfig(
        tower,
        vision,
        new VisualFeatures(
            VisualFeatures.layers(config, "mm_vision_select_layer", vision.layers())),
        new Projector(Activation.GELU, true),
        decoder,
        decoder.shape(config),
        imageTokenId(),
        KEYS,
        new Pictures(checkpoint.resolve(TOWER), onSquare()));
  }

  /** What the original folder lacks, all at once. */
  private void requireCompanions() {
    List<String> missing = new ArrayList<>();
    for (String file : List.of("config.json", "preprocessor_config.json")) {
      if (!Files.exists(checkpoint.resolve(TOWER).resolve(file))) {
        missing.add(
            TOWER + "/" + file + " of " + config.node("mm_vision_tower").asText("the tower"));
      }
    }
    if (!Files.exists(checkpoint.resolve(PromptConfig.TOKENIZER))) {
      missing.add(PromptConfig.TOKENIZER + " with the token " + IMAGE_TOKEN);
    }
    if (!new PromptConfig(checkpoint).hasChatTemplate()) {
      missing.add(PromptConfig.CHAT_TEMPLATE);
    }
    if (!missing.isEmpty()) {
      throw new ExportException(
          "the checkpoint has the layout of the original LLaVA and lacks "
              + String.join(", ", missing)
              + ": see \"The original LLaVA-1.5\" in docs/checkpoints.md");
    }
  }

  private JsonFields towerConfig() {
    JsonFields tower =
        JsonFields.read(checkpoint.resolve(TOWER).resolve("config.json"), TOWER + "/config.json");
    return tower.has("vision_config") ? tower.object("vision_config") : tower;
  }

  private boolean onSquare() {
    String ratio = config.text("image_aspect_ratio", "square");
    return switch (ratio) {
      case "pad" -> true;
      case "square" -> false;
      default -> throw config.unsupported("image_aspect_ratio", "pad, square");
    };
  }

  /** The original code cuts the prompt at this text; here the tokenizer has to know it. */
  private int imageTokenId() {
    JsonFields tokenizer = PromptConfig.tokenizer(checkpoint);
    for (JsonNode token : tokenizer.node("added_tokens")) {
      if (token.path("content").asText().equals(IMAGE_TOKEN)) {
        return token.path("id").asInt();
      }
    }
    throw new ExportException(
        PromptConfig.TOKENIZER
            + ": added_tokens has no "
            + IMAGE_TOKEN
            + ": see \"tokenizer.json\" in docs/checkpoints.md");
  }
}
