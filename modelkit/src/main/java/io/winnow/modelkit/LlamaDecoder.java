package io.winnow.modelkit;

import java.util.HashSet;
import java.util.Set;

/** Llama 1 to 3 and what was trained from them: Vicuna, TinyLlama and others. */
final class LlamaDecoder implements DecoderFamily {

  private static final DecoderShape.Defaults DEFAULTS =
      new DecoderShape.Defaults(4096, 11008, 32, 32, 0, 32000, 2048);

  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public DecoderShape shape(JsonFields config) {
    Set<String> biases = new HashSet<>();
    if (config.flag("attention_bias", false)) {
      biases.addAll(
          Set.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"));
    }
    if (config.flag("mlp_bias", false)) {
      biases.addAll(Set.of("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"));
    }
    return DecoderShape.read(config, DEFAULTS, Set.copyOf(biases), DecoderShape.NO_WINDOW);
  }
}
