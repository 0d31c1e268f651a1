package io.winnow.modelkit;

/** CLIP's vision tower: a class token, and a layer norm before the first layer. */
final class ClipTower implements TowerFamily {

  private static final TowerShape.Defaults DEFAULTS =
      new TowerShape.Defaults(768, 3072, 12, 12, 224, 32, Activation.QUICK_GELU, 1e-5);

  @Override
  public String modelType() {
    return "clip_vision_model";
  }

  @Override
  public TowerShape shape(JsonFields config) {
    return TowerShape.read(config, DEFAULTS, new TowerShape.Build(true, true, false));
  }
}
