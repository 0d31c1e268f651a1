package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** Qwen2 and Qwen2.5: Llama's layers with biases on the queries, keys and values. */
final class Qwen2Decoder implements DecoderFamily {

  private static final DecoderShape.Defaults DEFAULTS =
      new DecoderShape.Defaults(4096, 22016, 32, 32, 32, 151_936, 32_768);
  private static final Set<String> BIASES =
      Set.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_FULL_LAYERS = 28;

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public DecoderShape shape(JsonFields config) {
    return DecoderShape.read(config, DEFAULTS, BIASES, window(config));
  }

  private static int window(JsonFields config) {
    boolean windowed =
        config.flag("use_sliding_window", false) && !config.node("sliding_window").isNull();
    return windowed && hasSlidingLayer(config)
        ? config.positive("sliding_window", DEFAULT_WINDOW)
        : DecoderShape.NO_WINDOW;
  }

  private static boolean hasSlidingLayer(JsonFields config) {
    if (config.has("layer_types")) {
      for (JsonNode type : config.node("layer_types")) {
        if (type.asText().equals("sliding_attention")) {
          return true;
        }
      }
      return false;
    }
    return config.integer("max_window_layers", DEFAULT_FULL_LAYERS)
        < config.positive("num_hidden_layers", DEFAULTS.layers());
  }
}
