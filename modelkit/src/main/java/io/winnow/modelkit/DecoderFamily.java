package io.winnow.modelkit;

/**
 * A decoder architecture of Llama's build: it reads its part of config.json and names its tensors.
 * docs/adding-a-model-family.md shows how to add one.
 */
interface DecoderFamily {

  /** The {@code model_type} that config.json gives this architecture. */
  String modelType();

  /**
   * The decoder's numbers. Keys that are left out have the defaults of the Hugging Face
   * configuration class.
   *
   * @param config the decoder's part of config.json
   * @throws ExportException if the graphs cannot honour a value
   */
  DecoderShape shape(JsonFields config);

  /**
   * Where a part stands below the decoder's prefix.
   *
   * @param part by Llama's name, for example {@code layers.3.self_attn.q_proj}
   */
  default String tensor(String part) {
    return part;
  }
}
