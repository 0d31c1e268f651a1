package io.winnow.modelkit;

import java.io.IOException;
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

  private static final String WEIGHTS_SHA256 = "weights_sha256";
  private static final int BLOCK = 1 << 14; // weights

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

  /** Fingerprint of the weights that they were trained with; empty if they do not tell. */
  Optional<String> weightsSha256() {
    return Optional.of(config.text(WEIGHTS_SHA256, "")).filter(told -> !told.isEmpty());
  }

  /**
   * Lets gates pass that fit what they are exported with, or do not tell.
   *
   * @throws ExportException if they were trained with other weights than the checkpoint's
   */
  void requireTrainedWith(Path checkpoint) throws IOException {
    if (weightsSha256().isEmpty()) {
      return;
    }
    String there = CheckpointFingerprint.ofWeights(checkpoint);
    if (!there.equals(weightsSha256().get())) {
      throw new ExportException(
          ("%s were trained with other weights than the checkpoint's (%s is %s, theirs is %s):"
                  + " train them again with demo-model/gates/train.py, or take %s away; if the"
                  + " weights are the same in other files, demo-model/gates/fingerprint.py --write"
                  + " says so")
              .formatted(FOLDER, WEIGHTS_SHA256, there, weightsSha256().get(), FOLDER));
    }
  }

  /**
   * Lets gates pass that can be computed with.
   *
   * @throws ExportException if a weight is infinite or no number: such a gate says anything
   */
  void requireFinite(List<Integer> exported, int statusWidth) throws IOException {
    float[] block = new float[BLOCK];
    for (int layer : exported) {
      for (SafetensorsTensor tensor : List.of(first(layer, statusWidth), second(layer))) {
        for (long at = 0; at < tensor.elements(); at += BLOCK) {
          int count = (int) Math.min(BLOCK, tensor.elements() - at);
          tensor.read(at, block, count);
          for (int i = 0; i < count; i++) {
            if (!Float.isFinite(block[i])) {
              throw new ExportException(
                  "%s: %s holds %s at place %d: train the gates again"
                      .formatted(FOLDER, tensor.name(), block[i], at + i));
            }
          }
        }
      }
    }
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
