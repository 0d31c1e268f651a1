package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelInputs;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.v1.VisionManifest;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * A vision tower on ONNX Runtime. Pictures are encoded one after the other: one run has all the
 * threads, and two at a time would need twice the memory to be no sooner done.
 */
final class EmbeddedEncoderRuntime implements EncoderRuntime {

  private static final int CHANNELS = 3;

  private final VisionManifest manifest;
  private final int hiddenSize;
  private final OrtSession session;
  private final NativeRuns runs = new NativeRuns();
  private final Semaphore turn = new Semaphore(1, true);
  private boolean sessionClosed;

  EmbeddedEncoderRuntime(RepositoryModel model, EmbeddedSettings settings) {
    this.manifest = model.manifest().getVision();
    this.hiddenSize = model.manifest().getDecoder().getHiddenSize();
    try {
      this.session =
          SegmentSession.open(model.file(manifest.getGraph()), settings.intraOpThreads());
    } catch (OrtException e) {
      throw new ModelRepositoryException(
          "model \"" + model.name() + "\": " + manifest.getGraph() + " cannot be loaded", e);
    }
  }

  @Override
  public VisionManifest manifest() {
    return manifest;
  }

  @Override
  public EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent) {
    ModelInputs.requirePixels(pixelValues, manifest);
    turn.acquireUninterruptibly();
    try (NativeRuns.Run run = runs.begin(Optional.empty())) {
      return encode(pixelValues, run);
    } catch (OrtException e) {
      if (runs.stopped()) {
        throw new RuntimeStoppedException("the embedded runtime was closed");
      }
      throw new IllegalStateException("the vision tower failed", e);
    } finally {
      turn.release();
    }
  }

  @Override
  public void close() {
    runs.stop();
    turn.acquireUninterruptibly();
    try {
      if (!sessionClosed) {
        sessionClosed = true;
        session.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException("a session cannot be closed", e);
    } finally {
      turn.release();
    }
  }

  private EncodedPicture encode(FloatBuffer pixelValues, NativeRuns.Run run) throws OrtException {
    int tokens = manifest.getGridRows() * manifest.getGridColumns();
    FloatBuffer visualTokens = Tensors.directFloats(tokens * hiddenSize); // [tokens, hidden]
    FloatBuffer saliency = Tensors.directFloats(tokens);
    try (OnnxTensor pixels =
            Tensors.floats(
                pixelValues.duplicate(),
                1,
                CHANNELS,
                manifest.getImageHeight(),
                manifest.getImageWidth());
        OnnxTensor visual = Tensors.floats(visualTokens, 1, tokens, hiddenSize);
        OnnxTensor attention = Tensors.floats(saliency, 1, tokens)) {
      Map<String, OnnxTensor> outputs = Map.of("visual_tokens", visual, "saliency", attention);
      session.run(Map.of("pixel_values", pixels), Set.of(), outputs, run.options()).close();
      float[] saliencies = new float[tokens];
      saliency.get(0, saliencies);
      return new EncodedPicture(visualTokens.asReadOnlyBuffer(), saliencies, hiddenSize);
    }
  }
}
