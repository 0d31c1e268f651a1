package io.winnow.modelkit;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The architectures that can be exported. A new one needs its class and its line here. */
final class Families {

  private static final List<DecoderFamily> DECODERS =
      List.of(new LlamaDecoder(), new MistralDecoder(), new Qwen2Decoder());

  private static final List<TowerFamily> TOWERS = List.of(new ClipTower(), new SiglipTower());

  private Families() {}

  /** The decoder that a part of config.json is about. */
  static DecoderFamily decoder(JsonFields config) {
    return find(DECODERS, DecoderFamily::modelType, config, config.text("model_type", "llama"));
  }

  /** The decoder with this {@code model_type}, which config.json does not give itself. */
  static DecoderFamily decoder(JsonFields config, String modelType) {
    return find(DECODERS, DecoderFamily::modelType, config, modelType);
  }

  /** The tower that a part of config.json is about. */
  static TowerFamily tower(JsonFields config) {
    return find(
        TOWERS, TowerFamily::modelType, config, config.text("model_type", "clip_vision_model"));
  }

  private static <T> T find(
      List<T> families, Function<T, String> modelType, JsonFields config, String name) {
    return families.stream()
        .filter(family -> modelType.apply(family).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                config.unsupported(
                    "model_type",
                    families.stream().map(modelType).collect(Collectors.joining(", "))));
  }
}
