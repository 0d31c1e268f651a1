package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.stream.Stream;

/**
 * A small random model of one of the families and what transformers makes of it: a file of
 * demo-model/goldens/families.
 */
record FamilyGolden(String name, JsonNode values) {

  private static final Path FOLDER = DemoModel.ROOT.resolve("goldens/families");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** All of them, by name. */
  static List<FamilyGolden> all() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(".json"))
              .map(file -> file.substring(0, file.length() - ".json".length()))
              .sorted()
              .toList();
      return names.stream().map(FamilyGolden::read).toList();
    }
  }

  static FamilyGolden read(String name) {
    try {
      return new FamilyGolden(name, JSON.readTree(FOLDER.resolve(name + ".json").toFile()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  JsonNode get(String key) {
    return values.get(key);
  }

  String text(String key) {
    return get(key).asText();
  }

  /** The pictures' pixel values, one after the other. // [pictures][3 * size * size] */
  float[][] pixels() {
    int size = get("config").get("vision_config").get("image_size").asInt();
    int pictures = get("pictures").asInt();
    int each = 3 * size * size;
    double[] all = GeneratedTensor.uniform(text("salt") + "pixel_values", pictures * each);
    float[][] pixels = new float[pictures][each];
    for (int i = 0; i < all.length; i++) {
      pixels[i / each][i % each] = (float) all[i];
    }
    return pixels;
  }

  /** Writes the checkpoint as its dtype, number of files and key layout ask. */
  Path writeCheckpoint(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), get("config").toString());
    RandomCheckpoint.writeTextFiles(folder);
    int size = get("config").get("vision_config").get("image_size").asInt();
    Files.writeString(
        folder.resolve("preprocessor_config.json"),
        """
        {"size": {"height": %d, "width": %d}, "do_center_crop": false,
         "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}
        """
            .formatted(size, size));
    int shards = get("shards").asInt();
    if (shards == 1) {
      write(folder.resolve("model.safetensors"), tensors(0, 1));
      return folder;
    }
    ObjectNode index = JSON.createObjectNode();
    ObjectNode map = index.putObject("weight_map");
    for (int shard = 0; shard < shards; shard++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
      Map<String, long[]> tensors = tensors(shard, shards);
      tensors.keySet().forEach(tensor -> map.put(tensor, file));
      write(folder.resolve(file), tensors);
    }
    Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
    return folder;
  }

  /**
   * Writes the same model in the layout of LLaVA-1.5's own code: the decoder's keys at the top of
   * config.json, the tower in a folder of its own, a picture's token that has no embedding.
   */
  Path writeOriginalCheckpoint(Path folder, int imageToken) throws IOException {
    Path tower = Files.createDirectories(folder.resolve("vision_tower"));
    RandomCheckpoint.writeTextFiles(folder);
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"added_tokens\": [{\"id\": 2, \"content\": \"</s>\"}, {\"id\": %d, \"content\": \"<image>\"}]}"
            .formatted(imageToken));
    ObjectNode config = get("config").get("text_config").deepCopy();
    config.put("model_type", "llava_llama").put("mm_vision_tower", "openai/clip-tiny");
    config.put("mm_projector_type", "mlp2x_gelu").put("mm_vision_select_layer", -2);
    config.put("mm_vision_select_feature", "patch").put("image_aspect_ratio", "pad");
    Files.writeString(folder.resolve("config.json"), config.toString());
    ObjectNode towerConfig = JSON.createObjectNode().put("model_type", "clip");
    towerConfig.set("vision_config", get("config").get("vision_config"));
    Files.writeString(tower.resolve("config.json"), towerConfig.toString());
    int size = get("config").get("vision_config").get("image_size").asInt();
    Files.writeString(
        tower.resolve("preprocessor_config.json"),
        """
        {"size": %d, "crop_size": %d, "image_mean": [0.5, 0.25, 0], "image_std": [1, 1, 1]}
        """
            .formatted(size, size));
    Map<String, String> sources = new LinkedHashMap<>(); // by the original names
    tensors(0, 1).keySet().forEach(name -> sources.put(originalName(name), name));
    writeRenamed(folder.resolve("model.safetensors"), sources, false);
    writeRenamed(tower.resolve("model.safetensors"), sources, true);
    return folder;
  }

  private void writeRenamed(Path file, Map<String, String> sources, boolean ofTower)
      throws IOException {
    Map<String, long[]> all = tensors(0, 1);
    Map<String, long[]> chosen = new LinkedHashMap<>();
    sources.forEach(
        (name, source) -> {
          if (name.startsWith("vision_model.") == ofTower) {
            chosen.put(name, all.get(source));
          }
        });
    SafetensorsFile.write(
        file,
        "F16",
        chosen,
        (name, shape) ->
            GeneratedTensor.bytes(text("salt"), sources.get(name), shape, text("dtype")));
  }

  private static String originalName(String name) {
    return name.replaceFirst("^language_model\\.model\\.", "model.")
        .replaceFirst("^language_model\\.", "")
        .replaceFirst("^multi_modal_projector\\.linear_1\\.", "model.mm_projector.0.")
        .replaceFirst("^multi_modal_projector\\.linear_2\\.", "model.mm_projector.2.")
        .replaceFirst("^vision_tower\\.", "");
  }

  private Map<String, long[]> tensors(int shard, int shards) {
    Map<String, long[]> tensors = new LinkedHashMap<>();
    int number = 0;
    for (Entry<String, JsonNode> tensor : get("tensors").properties()) {
      if (number++ % shards == shard) {
        tensors.put(tensor.getKey(), DemoModel.longs(tensor.getValue()));
      }
    }
    return tensors;
  }

  private void write(Path file, Map<String, long[]> tensors) throws IOException {
    String dtype = text("dtype");
    String type =
        switch (dtype) {
          case "float16" -> "F16";
          case "bfloat16" -> "BF16";
          default -> "F32";
        };
    SafetensorsFile.write(
        file,
        type,
        tensors,
        (tensor, shape) -> GeneratedTensor.bytes(text("salt"), tensor, shape, dtype));
  }

  @Override
  public String toString() {
    return name;
  }
}
