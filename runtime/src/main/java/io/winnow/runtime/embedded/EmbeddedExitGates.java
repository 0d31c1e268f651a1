package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ExitLogits;
import io.winnow.runtime.ModelInputs;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.v1.GatesManifest;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Exit gates on ONNX Runtime. One session; its runs are independent and may overlap. */
final class EmbeddedExitGates implements ExitGates {

  private static final int CLASSES = 2;

  private final List<Integer> layers;
  private final String weightsSha256;
  private final int statusWidth;
  private final OrtSession session;
  private final NativeRuns runs = new NativeRuns();
  private boolean sessionClosed; // guarded by this

  EmbeddedExitGates(RepositoryModel model, GatesManifest manifest, EmbeddedSettings settings) {
    this.layers = List.copyOf(manifest.getLayersList());
    this.weightsSha256 = manifest.getWeightsSha256();
    this.statusWidth = 2 * model.manifest().getDecoder().getHiddenSize();
    try {
      this.session =
          SegmentSession.open(model.file(manifest.getGraph()), settings.intraOpThreads());
    } catch (OrtException e) {
      throw new ModelRepositoryException(
          "model \"" + model.name() + "\": " + manifest.getGraph() + " cannot be loaded", e);
    }
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
    try (NativeRuns.Run run = runs.begin(Optional.empty())) {
      return logits(layer, status, run);
    } catch (OrtException e) {
      if (runs.stopped()) {
        throw new RuntimeStoppedException("the embedded gates were closed");
      }
      throw new IllegalStateException("the gate of layer " + layer + " failed", e);
    }
  }

  @Override
  public synchronized void close() {
    runs.stop();
    if (sessionClosed) {
      return;
    }
    sessionClosed = true;
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("a session cannot be closed", e);
    }
  }

  private ExitLogits logits(int layer, float[] status, NativeRuns.Run run) throws OrtException {
    FloatBuffer classes = Tensors.directFloats(CLASSES);
    try (OnnxTensor state = Tensors.floats(status, 1, statusWidth);
        OnnxTensor place = Tensors.longs(new long[] {layer}, 1, 1);
        OnnxTensor logits = Tensors.floats(classes, 1, CLASSES)) {
      session
          .run(
              Map.of("text_status", state, "layer", place),
              Set.of(),
              Map.of("logits", logits),
              run.options())
          .close();
      return new ExitLogits(classes.get(0), classes.get(1));
    }
  }
}
