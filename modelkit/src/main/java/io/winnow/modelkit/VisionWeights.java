package io.winnow.modelkit;

/** Finds the parameters of a vision tower and of the projector behind it. */
final class VisionWeights {

  private static final String ANCHOR = "embeddings.patch_embedding";

  private final Safetensors tower;
  private final Safetensors model;
  private final TowerFamily family;
  private final String prefix;
  private final KeyLayout.Pair projector;

  /**
   * @param tower where the tower's tensors are
   * @param model where the projector's are
   */
  VisionWeights(Safetensors tower, Safetensors model, CheckpointConfig config) {
    this.tower = tower;
    this.model = model;
    this.family = config.tower();
    this.prefix =
        TensorNames.prefix(tower, family.tensor(ANCHOR) + ".weight", config.layout().towers());
    String first =
        TensorNames.first(
            model,
            config.layout().projectors().stream().map(pair -> pair.first() + ".weight").toList());
    this.projector =
        config.layout().projectors().stream()
            .filter(pair -> first.equals(pair.first() + ".weight"))
            .findFirst()
            .orElseThrow();
  }

  /**
   * Where the tower's tensors are.
   *
   * @param model the checkpoint's tensors, returned if the tower is among them
   */
  static Safetensors open(Safetensors model, CheckpointConfig config) {
    String anchor = config.tower().tensor(ANCHOR) + ".weight";
    boolean together =
        config.layout().equals(KeyLayout.TRANSFORMERS)
            || config.layout().towers().stream().anyMatch(prefix -> model.has(prefix + anchor));
    try {
      return together ? model : Safetensors.open(config.pictures().folder());
    } catch (ExportException e) {
      throw new ExportException(
          config.pictures().folder().getFileName() + ": " + e.getMessage(), e);
    }
  }

  /** A parameter of the tower: a part by CLIP's name, and "weight" or "bias". */
  SafetensorsTensor tower(String part, String kind, long... shape) {
    return tower.get(prefix + family.tensor(part) + "." + kind, shape);
  }

  /** The token that stands before the patches. [width] */
  SafetensorsTensor classToken(int width) {
    return tower.get(prefix + family.tensor("embeddings.class_embedding"), width);
  }

  /** A parameter of the projector's layer 1 or 2. */
  SafetensorsTensor projector(int number, String kind, long... shape) {
    String layer = number == 1 ? projector.first() : projector.second();
    return model.get(layer + "." + kind, shape);
  }
}
