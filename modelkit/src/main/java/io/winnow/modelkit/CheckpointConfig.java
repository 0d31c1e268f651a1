package io.winnow.modelkit;

import java.nio.file.Path;

/**
 * What config.json says about a LLaVA checkpoint. Keys that it leaves out have the defaults of the
 * Hugging Face configuration classes; a value that the graphs cannot honour is an error.
 *
 * @param tower what names the vision tower's tensors
 * @param decoder what names the decoder's tensors
 * @param layout where the checkpoint keeps the parts
 * @param pictures where pictures' preprocessing is described
 */
record CheckpointConfig(
    TowerFamily tower,
    TowerShape vision,
    VisualFeatures features,
    Projector projector,
    DecoderFamily decoder,
    DecoderShape text,
    int imageTokenId,
    KeyLayout layout,
    Pictures pictures) {

  /** The two layers between tower and decoder. */
  record Projector(Activation activation, boolean bias) {}

  /**
   * The folder of the image processor's files, and of the tower's tensors if they stand apart.
   *
   * @param onSquare whether pictures are laid on a square first, whatever the files say
   */
  record Pictures(Path folder, boolean onSquare) {}

  static CheckpointConfig read(Path checkpoint) {
    JsonFields config = JsonFields.read(checkpoint.resolve("config.json"));
    refuseQuantized(config);
    refuseQuantized(config.objectOrEmpty("text_config"));
    if (OriginalLayout.isOf(config)) {
      return OriginalLayout.read(checkpoint, config);
    }
    config.require("model_type", "llava", "llava");
    JsonFields visionConfig = config.object("vision_config");
    TowerFamily tower = Families.tower(visionConfig);
    TowerShape vision = tower.shape(visionConfig);
    JsonFields textConfig = config.object("text_config");
    DecoderFamily decoder = Families.decoder(textConfig);
    DecoderShape text = decoder.shape(textConfig).tied(config.flag("tie_word_embeddings", false));
    return new CheckpointConfig(
        tower,
        vision,
        VisualFeatures.read(config, vision),
        new Projector(
            Activation.read(config, "projector_hidden_act", Activation.GELU),
            config.flag("multimodal_projector_bias", true)),
        decoder,
        text,
        imageTokenId(config, text),
        KeyLayout.TRANSFORMERS,
        new Pictures(checkpoint, false));
  }

  private static void refuseQuantized(JsonFields config) {
    if (config.has("quantization_config")) {
      throw config.unsupported(
          "quantization_config", "fp32, fp16 and bf16 checkpoints; --weights quantises them");
    }
  }

  /** Every row of a prompt is looked up in the embeddings, even if a visual token replaces it. */
  private static int imageTokenId(JsonFields config, DecoderShape text) {
    String key = config.has("image_token_id") ? "image_token_id" : "image_token_index";
    int id = config.integer(key);
    if (id < 0 || id >= text.vocabularySize()) {
      throw config.unsupported(
          key, "ids below text_config.vocab_size, which is " + text.vocabularySize());
    }
    return id;
  }
}
