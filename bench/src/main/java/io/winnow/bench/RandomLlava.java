package io.winnow.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes LLaVA checkpoints of any size with random fp16 weights, in shards as on the hub: what time
 * and memory a model takes depends on its shape alone. The same seed gives the same files. Needs
 * memory for a block of weights, however large the model is.
 */
public final class RandomLlava {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GATES = "exit_gates";
  private static final int CHANNELS = 3;
  private static final int IMAGE_TOKEN = 4; // as in the bundled tokenizer
  private static final List<String> COPIED =
      List.of("chat_template.jinja", "generation_config.json", "tokenizer_config.json");

  private final Shape shape;
  private final Map<String, long[]> tensors = new LinkedHashMap<>();

  private RandomLlava(Shape shape) {
    this.shape = shape;
  }

  /**
   * Sizes of a model.
   *
   * @param vocabulary at least the bundled tokenizer's; further ids get made-up words
   * @param tied whether the head is the embedding
   */
  public record Shape(
      int layers,
      int hidden,
      int intermediate,
      int heads,
      int kvHeads,
      int vocabulary,
      int contextLength,
      boolean tied,
      Tower tower) {

    /** The decoder of Qwen2-0.5B (as a Llama) behind CLIP-L/14-336: 576 visual tokens a picture. */
    public static final Shape HALF_BILLION =
        new Shape(24, 896, 4864, 14, 2, 151_936, 4096, true, Tower.CLIP_L_14_336);

    /** LLaVA-1.5-7B. */
    public static final Shape SEVEN_BILLION =
        new Shape(32, 4096, 11_008, 32, 32, 32_064, 4096, false, Tower.CLIP_L_14_336);

    int headDim() {
      return hidden / heads;
    }
  }

  /** Sizes of a CLIP tower; the last layer's output is not used, as in LLaVA. */
  public record Tower(
      int layers, int hidden, int intermediate, int heads, int imageSize, int patchSize) {

    /** The tower of LLaVA-1.5. */
    public static final Tower CLIP_L_14_336 = new Tower(24, 1024, 4096, 16, 336, 14);

    int patches() {
      return (imageSize / patchSize) * (imageSize / patchSize);
    }
  }

  /**
   * Writes a checkpoint.
   *
   * @param folder created if it is missing
   * @param bundled checkpoint folder of the bundled model, whose tokenizer and processor it takes
   * @throws IOException also if the folder holds weights already
   */
  public static void write(Path folder, Path bundled, Shape shape, long seed) throws IOException {
    RandomLlava model = new RandomLlava(shape);
    model.nameTensors();
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), model.config());
    for (String file : COPIED) {
      Files.copy(bundled.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    model.writeTokenizer(bundled, folder);
    model.writeProcessor(bundled, folder);
    RandomShards.write(folder, model.tensors, seed);
    writeGates(folder, shape, seed);
  }

  /**
   * Writes exit gates after every layer but the last into a checkpoint. They say nothing in
   * particular, with small margins; of large models they are narrower than trained ones.
   *
   * @throws IOException also if the checkpoint has gates already
   */
  static void writeGates(Path checkpoint, Shape shape, long seed) throws IOException {
    int width = Math.max(64, Math.min(512, shape.hidden() / 2));
    ObjectNode config = JSON.createObjectNode();
    ArrayNode layers = config.putArray("layers");
    Map<String, long[]> gates = new LinkedHashMap<>();
    for (int layer = 0; layer < shape.layers() - 1; layer++) {
      layers.add(layer);
      gates.put("layers." + layer + ".first.weight", new long[] {width, 2L * shape.hidden()});
      gates.put("layers." + layer + ".second.weight", new long[] {2, width});
    }
    config.put("hidden_size", width).put("label_rule", "code").put("training", "none: random");
    Path folder = Files.createDirectories(checkpoint.resolve(GATES));
    RandomShards.write(folder, gates, seed);
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
  }

  private void nameTensors() {
    int hidden = shape.hidden();
    String model = "language_model.model.";
    tensors.put(model + "embed_tokens.weight", new long[] {shape.vocabulary(), hidden});
    for (int layer = 0; layer < shape.layers(); layer++) {
      nameDecoderLayer(model + "layers." + layer + ".");
    }
    tensors.put(model + "norm.weight", new long[] {hidden});
    if (!shape.tied()) {
      tensors.put("language_model.lm_head.weight", new long[] {shape.vocabulary(), hidden});
    }
    nameLinear("multi_modal_projector.linear_1", hidden, shape.tower().hidden());
    nameLinear("multi_modal_projector.linear_2", hidden, hidden);
    nameTower("vision_tower.vision_model.");
  }

  private void nameDecoderLayer(String layer) {
    long hidden = shape.hidden();
    long keyWidth = (long) shape.kvHeads() * shape.headDim();
    tensors.put(layer + "input_layernorm.weight", new long[] {hidden});
    tensors.put(layer + "post_attention_layernorm.weight", new long[] {hidden});
    tensors.put(layer + "self_attn.q_proj.weight", new long[] {hidden, hidden});
    tensors.put(layer + "self_attn.k_proj.weight", new long[] {keyWidth, hidden});
    tensors.put(layer + "self_attn.v_proj.weight", new long[] {keyWidth, hidden});
    tensors.put(layer + "self_attn.o_proj.weight", new long[] {hidden, hidden});
    tensors.put(layer + "mlp.gate_proj.weight", new long[] {shape.intermediate(), hidden});
    tensors.put(layer + "mlp.up_proj.weight", new long[] {shape.intermediate(), hidden});
    tensors.put(layer + "mlp.down_proj.weight", new long[] {hidden, shape.intermediate()});
  }

  private void nameTower(String name) {
    Tower tower = shape.tower();
    long width = tower.hidden();
    long patch = tower.patchSize();
    tensors.put(name + "embeddings.class_embedding", new long[] {width});
    tensors.put(
        name + "embeddings.patch_embedding.weight", new long[] {width, CHANNELS, patch, patch});
    tensors.put(
        name + "embeddings.position_embedding.weight", new long[] {tower.patches() + 1L, width});
    nameLayerNorm(name + "pre_layrnorm");
    for (int number = 0; number < tower.layers(); number++) {
      String layer = name + "encoder.layers." + number + ".";
      nameLayerNorm(layer + "layer_norm1");
      nameLayerNorm(layer + "layer_norm2");
      for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        nameLinear(layer + "self_attn." + part, width, width);
      }
      nameLinear(layer + "mlp.fc1", tower.intermediate(), width);
      nameLinear(layer + "mlp.fc2", width, tower.intermediate());
    }
    nameLayerNorm(name + "post_layernorm");
  }

  private void nameLinear(String name, long out, long in) {
    tensors.put(name + ".weight", new long[] {out, in});
    tensors.put(name + ".bias", new long[] {out});
  }

  private void nameLayerNorm(String name) {
    tensors.put(name + ".weight", new long[] {shape.tower().hidden()});
    tensors.put(name + ".bias", new long[] {shape.tower().hidden()});
  }

  private String config() {
    ObjectNode config = JSON.createObjectNode();
    config.put("model_type", "llava").put("dtype", "float16");
    config.putArray("architectures").add("LlavaForConditionalGeneration");
    config.put("image_token_index", IMAGE_TOKEN).put("image_seq_length", shape.tower().patches());
    config.put("projector_hidden_act", "gelu").put("tie_word_embeddings", shape.tied());
    config.put("vision_feature_layer", -2).put("vision_feature_select_strategy", "default");
    config
        .putObject("text_config")
        .put("model_type", "llama")
        .put("hidden_size", shape.hidden())
        .put("intermediate_size", shape.intermediate())
        .put("num_hidden_layers", shape.layers())
        .put("num_attention_heads", shape.heads())
        .put("num_key_value_heads", shape.kvHeads())
        .put("vocab_size", shape.vocabulary())
        .put("max_position_embeddings", shape.contextLength())
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 10_000.0)
        .put("tie_word_embeddings", shape.tied());
    config
        .putObject("vision_config")
        .put("model_type", "clip_vision_model")
        .put("hidden_size", shape.tower().hidden())
        .put("intermediate_size", shape.tower().intermediate())
        .put("num_hidden_layers", shape.tower().layers())
        .put("num_attention_heads", shape.tower().heads())
        .put("image_size", shape.tower().imageSize())
        .put("patch_size", shape.tower().patchSize());
    return config.toPrettyString();
  }

  /** The bundled vocabulary and a word for every further id, so that any token has a text. */
  private void writeTokenizer(Path bundled, Path folder) throws IOException {
    ObjectNode tokenizer = object(bundled.resolve("tokenizer.json"));
    ObjectNode words = (ObjectNode) tokenizer.required("model").required("vocab");
    if (words.size() > shape.vocabulary()) {
      throw new IllegalArgumentException(
          "vocabulary is %d, must be at least %d, the bundled tokenizer's"
              .formatted(shape.vocabulary(), words.size()));
    }
    for (int id = words.size(); id < shape.vocabulary(); id++) {
      words.put("w" + id, id);
    }
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
  }

  private void writeProcessor(Path bundled, Path folder) throws IOException {
    int size = shape.tower().imageSize();
    ObjectNode processor = object(bundled.resolve("processor_config.json"));
    processor.put("patch_size", shape.tower().patchSize());
    ObjectNode pictures = (ObjectNode) processor.required("image_processor");
    pictures.putObject("crop_size").put("height", size).put("width", size);
    pictures.putObject("size").put("shortest_edge", size);
    JSON.writeValue(folder.resolve("processor_config.json").toFile(), processor);
  }

  private static ObjectNode object(Path file) throws IOException {
    return (ObjectNode) JSON.readTree(file.toFile());
  }
}
