package io.winnow.runtime.triton;

import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ExitLogits;
import io.winnow.runtime.ModelInputs;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.v1.GatesManifest;
import java.util.List;
import java.util.Optional;

/** Exit gates on a Triton server. */
final class TritonExitGates implements ExitGates {

  private final List<Integer> layers;
  private final String weightsSha256;
  private final int statusWidth;
  private final UnaryModel gates;

  TritonExitGates(
      RepositoryModel model, GatesManifest manifest, String address, TritonSettings settings) {
    this.layers = List.copyOf(manifest.getLayersList());
    this.weightsSha256 = manifest.getWeightsSha256();
    this.statusWidth = 2 * model.manifest().getDecoder().getHiddenSize();
    this.gates = new UnaryModel(model.name() + "-gates", address, settings);
  }

  @Override
  public List<Integer> layers() {
    return layers;
  }

  @Override
  public Optional<String> weightsSha256() {
    return Optional.of(weightsSha256).filter(told -> !told.isEmpty());
  }

  @Override
  public int statusWidth() {
    return statusWidth;
  }

  @Override
  public ExitLogits logits(int layer, float[] status) {
    ModelInputs.requireStatus(this, layer, status);
    float[] classes =
        gates
            .run(
                gates
                    .request()
                    .input("text_status", Tensor.fp32(status, 1, statusWidth))
                    .input("layer", Tensor.int64(new long[] {layer}, 1, 1))
                    .build())
            .output("logits")
            .toFloats();
    return new ExitLogits(classes[0], classes[1]);
  }

  @Override
  public void close() {
    gates.close();
  }
}
