package io.winnow.runtime.triton;

import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelInputs;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.runtime.triton.client.TensorType;
import io.winnow.v1.VisionManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Optional;

/** A vision tower on a Triton server, which makes batches of what several callers send. */
final class TritonEncoderRuntime implements EncoderRuntime {

  private static final int CHANNELS = 3;

  private final VisionManifest manifest;
  private final int hiddenSize;
  private final UnaryModel tower;

  TritonEncoderRuntime(RepositoryModel model, String address, TritonSettings settings) {
    this.manifest = model.manifest().getVision();
    this.hiddenSize = model.manifest().getDecoder().getHiddenSize();
    this.tower = new UnaryModel(model.name() + "-vision", address, settings);
  }

  @Override
  public VisionManifest manifest() {
    return manifest;
  }

  @Override
  public EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent) {
    ModelInputs.requirePixels(pixelValues, manifest);
    return picture(tower.run(request(pixelValues), traceparent));
  }

  /** Asks the server; blocks for two seconds at most. */
  @Override
  public boolean alive() {
    return tower.ready();
  }

  @Override
  public void close() {
    tower.close();
  }

  private InferRequest request(FloatBuffer pixelValues) {
    ByteBuffer bytes =
        ByteBuffer.allocate(pixelValues.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(pixelValues.duplicate());
    return tower
        .request()
        .input(
            "pixel_values",
            Tensor.of(
                TensorType.FP32,
                bytes,
                1,
                CHANNELS,
                manifest.getImageHeight(),
                manifest.getImageWidth()))
        .output("visual_tokens", visualTokensBytes()) // bounded: shared memory may carry it
        .output("saliency")
        .build();
  }

  private long visualTokensBytes() {
    return (long) manifest.getGridRows() * manifest.getGridColumns() * hiddenSize * Float.BYTES;
  }

  private EncodedPicture picture(InferResponse response) {
    Tensor visual = response.output("visual_tokens"); // [1, tokens, hidden]
    FloatBuffer tokens =
        ByteBuffer.allocateDirect(visual.byteSize()).order(ByteOrder.nativeOrder()).asFloatBuffer();
    tokens.put(visual.data().asFloatBuffer()).flip();
    return new EncodedPicture(
        tokens.asReadOnlyBuffer(), response.output("saliency").toFloats(), hiddenSize);
  }
}
