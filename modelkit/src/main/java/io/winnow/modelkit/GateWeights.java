package io.winnow.modelkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The exit gates that demo-model/gates/train.py has put into a checkpoint's folder: {@code
 * exit_gates/config.json} and {@code exit_gates/model.safetensors}.
 */
final class GateWeights implements AutoCloseable {

  static final String FOLDER = "exit_gates";
  static final String CONFIG = "config.json";

  private final JsonFields config;
  private final List<Integer> layers;
  private final Safetensors tensors;

  private GateWeights(JsonFields config, List<Integer> layers, Safetensors tensors) {
    this.config = config;
    this.layers = layers;
    this.tensors = tensors;
  }

  /**
   * The checkpoint's gates; empty if it has none.
   *
   * @param decoderLayers of the decoder
   * @throws ExportException if they do not fit it
   */
  static Optional<GateWeights> open(Path checkpoint, int decoderLayers) {
    Path folder = checkpoint.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    JsonFields config = JsonFields.read(folder.resolve(CONFIG), FOLDER + "/" + CONFIG);
    List<Integer> layers = config.integers("layers");
    boolean inside = layers.stream().allMatch(layer -> layer >= 0 && layer < decoderLayers - 1);
    if (!inside || !layers.equals(layers.stream().sorted().distinct().toList())) {
      throw config.unsupported(
          "layers", "ascending layers from 0 to " + (decoderLayers - 2) + ": the last has no gate");
    }
    try {
      return Optional.of(new GateWeights(config, layers, Safetensors.open(folder)));
    } catch (ExportException e) {
      throw new ExportException(FOLDER + ": " + e.getMessage(), e);
    }
  }

  /** Layers that have a gate, ascending. */
  List<Integer> layers() {
    return layers;
  }

  /** Width of each gate's hidden layer. */
  int hiddenSize() {
    return config.positive("hidden_size");
  }

  String labelRule() {
    return config.text("label_rule");
  }

  /** How they were trained, for a person. */
  String training() {
    return config.text("training", "");
  }

  /** W1 of a gate. [hidden, status] */
  SafetensorsTensor first(int layer, int statusWidth) {
    return tensors.get("layers." + layer + ".first.weight", hiddenSize(), statusWidth);
  }

  /** W2 of a gate. [classes, hidden] */
  SafetensorsTensor second(int layer) {
    return tensors.get("layers." + layer + ".second.weight", GatesGraph.CLASSES, hiddenSize());
  }

  @Override
  public void close() {
    tensors.close();
  }
}
