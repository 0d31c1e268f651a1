package io.winnow.modelkit;

/** SigLIP's vision tower: patches only, embedded with a bias. */
final class SiglipTower implements TowerFamily {

  private static final TowerShape.Defaults DEFAULTS =
      new TowerShape.Defaults(768, 3072, 12, 12, 224, 16, Activation.GELU_TANH, 1e-6);

  @Override
  public String modelType() {
    return "siglip_vision_model";
  }

  @Override
  public TowerShape shape(JsonFields config) {
    return TowerShape.read(config, DEFAULTS, new TowerShape.Build(false, false, true));
  }
}
