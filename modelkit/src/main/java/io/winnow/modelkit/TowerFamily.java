package io.winnow.modelkit;

/**
 * A vision tower of CLIP's build: it reads its part of config.json and names its tensors.
 * docs/adding-a-model-family.md shows how to add one.
 */
interface TowerFamily {

  /** The {@code model_type} that config.json gives this architecture. */
  String modelType();

  /**
   * The tower's numbers. Keys that are left out have the defaults of the Hugging Face configuration
   * class.
   *
   * @param config the tower's part of config.json
   * @throws ExportException if the graph cannot honour a value
   */
  TowerShape shape(JsonFields config);

  /**
   * Where a part stands below the tower's prefix.
   *
   * @param part by CLIP's name, for example {@code encoder.layers.3.self_attn.q_proj}
   */
  default String tensor(String part) {
    return part;
  }
}
