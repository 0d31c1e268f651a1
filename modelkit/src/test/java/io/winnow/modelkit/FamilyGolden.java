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
