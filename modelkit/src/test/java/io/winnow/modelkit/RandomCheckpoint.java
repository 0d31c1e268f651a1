package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Writes a LLaVA checkpoint of any size with random fp32 weights; the same seed, the same file. */
final class RandomCheckpoint {

  private final Shape shape;
  private final Map<String, long[]> tensors = new LinkedHashMap<>();

  private RandomCheckpoint(Shape shape) {
    this.shape = shape;
  }

  /** Sizes of the decoder; the tower is always tiny: 4 x 4 patches. */
  record Shape(int layers, int hidden, int intermediate, int heads, int kvHeads, int vocabulary) {

    static final Shape SMALL = new Shape(3, 64, 96, 4, 2, 50);

    int headDim() {
      return hidden / heads;
    }
  }

  static Path write(Path folder, Shape shape) throws IOException {
    RandomCheckpoint checkpoint = new RandomCheckpoint(shape);
    checkpoint.nameTensors();
    Files.createDirectories(folder);
    checkpoint.writeConfigs(folder);
    checkpoint.writeTensors(folder.resolve("model.safetensors"));
    return folder;
  }

  /** Replaces text of the same length in a file's header. */
  static void editHeader(Path file, String from, String to) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    if (from.length() != to.length() || !text.contains(from)) {
      throw new IllegalArgumentException(from + " cannot become " + to);
    }
    Files.write(file, text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
  }

  private void nameTensors() {
    int hidden = shape.hidden();
    tensors.put("language_model.lm_head.weight", new long[] {shape.vocabulary(), hidden});
    tensors.put(
        "language_model.model.embed_tokens.weight", new long[] {shape.vocabulary(), hidden});
    tensors.put("language_model.model.norm.weight", new long[] {hidden});
    for (int layer = 0; layer < shape.layers(); layer++) {
      nameLayer("language_model.model.layers." + layer + ".");
    }
    for (String linear : new String[] {"linear_1", "linear_2"}) {
      long in = linear.equals("linear_1") ? 32 : hidden;
      tensors.put("multi_modal_projector." + linear + ".weight", new long[] {hidden, in});
      tensors.put("multi_modal_projector." + linear + ".bias", new long[] {hidden});
    }
    nameTower("vision_tower.vision_model.");
  }

  private void nameLayer(String layer) {
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

  private void nameTower(String tower) {
    tensors.put(tower + "embeddings.class_embedding", new long[] {32});
    tensors.put(tower + "embeddings.patch_embedding.weight", new long[] {32, 3, 4, 4});
    tensors.put(tower + "embeddings.position_embedding.weight", new long[] {17, 32});
    nameNorm(tower + "pre_layrnorm");
    String layer = tower + "encoder.layers.0.";
    nameNorm(layer + "layer_norm1");
    nameNorm(layer + "layer_norm2");
    for (String part : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      tensors.put(layer + "self_attn." + part + ".weight", new long[] {32, 32});
      tensors.put(layer + "self_attn." + part + ".bias", new long[] {32});
    }
    tensors.put(layer + "mlp.fc1.weight", new long[] {48, 32});
    tensors.put(layer + "mlp.fc1.bias", new long[] {48});
    tensors.put(layer + "mlp.fc2.weight", new long[] {32, 48});
    tensors.put(layer + "mlp.fc2.bias", new long[] {32});
  }

  private void nameNorm(String norm) {
    tensors.put(norm + ".weight", new long[] {32});
    tensors.put(norm + ".bias", new long[] {32});
  }

  private void writeTensors(Path file) throws IOException {
    Random random = new Random(7);
    SafetensorsFile.write(
        file, "F32", tensors, (name, tensorShape) -> bytes(name, tensorShape, random));
  }

  /** Norm weights around 1, the rest so that activations keep their size. */
  private static byte[] bytes(String name, long[] shape, Random random) {
    boolean norm = name.contains("norm") && name.endsWith("weight");
    double scale = 1 / Math.sqrt(shape[shape.length - 1]);
    long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    ByteBuffer bytes = SafetensorsFile.littleEndian(Math.toIntExact(elements * Float.BYTES));
    while (bytes.hasRemaining()) {
      double value = random.nextDouble() * 2 - 1;
      bytes.putFloat((float) (norm ? 1 + 0.1 * value : value * scale * 1.7));
    }
    return bytes.array();
  }

  private void writeConfigs(Path folder) throws IOException {
    Files.writeString(folder.resolve("config.json"), config());
    writeTextFiles(folder);
    Files.writeString(
        folder.resolve("preprocessor_config.json"),
        "{\"size\": 16, \"crop_size\": 16, \"image_mean\": [0, 0, 0], \"image_std\": [1, 1, 1]}");
  }

  /** As little as the exporter asks for, with 3 as the picture's token. */
  static void writeTextFiles(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"chat_template\": \"x\"}");
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"added_tokens\": [{\"id\": 3, \"content\": \"<image>\"}, {\"id\": 2, \"content\": \"</s>\"}]}");
  }

  private String config() {
    return """
        {
          "model_type": "llava",
          "image_token_index": 3,
          "eos_token_id": [2, 5],
          "vision_config": {
            "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 48,
            "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 16, "patch_size": 4
          },
          "text_config": {
            "model_type": "llama", "hidden_size": %d, "intermediate_size": %d,
            "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d,
            "vocab_size": %d, "rope_theta": 10000.0, "max_position_embeddings": 4096
          }
        }
        """
        .formatted(
            shape.hidden(),
            shape.intermediate(),
            shape.layers(),
            shape.heads(),
            shape.kvHeads(),
            shape.vocabulary());
  }
}
