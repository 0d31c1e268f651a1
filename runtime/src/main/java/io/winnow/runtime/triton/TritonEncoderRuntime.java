package io.winnow.runtime.triton;

import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.runtime.triton.client.TensorType;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import io.winnow.v1.VisionManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** A vision tower on a Triton server, which makes batches of what several callers send. */
final class TritonEncoderRuntime implements EncoderRuntime {

  private static final int CHANNELS = 3;

  private final VisionManifest manifest;
  private final int hiddenSize;
  private final String modelName;
  private final TritonSettings settings;
  private final TritonEndpoint endpoint;
  private volatile boolean closed;

  TritonEncoderRuntime(RepositoryModel model, String address, TritonSettings settings) {
    this.manifest = model.manifest().getVision();
    this.hiddenSize = model.manifest().getDecoder().getHiddenSize();
    this.modelName = model.name() + "-vision";
    this.settings = settings;
    this.endpoint = TritonEndpoint.at(address, settings.channel());
  }

  @Override
  public VisionManifest manifest() {
    return manifest;
  }

  @Override
  public EncodedPicture encode(FloatBuffer pixelValues) {
    int expected = CHANNELS * manifest.getImageHeight() * manifest.getImageWidth();
    if (!pixelValues.isDirect()
        || pixelValues.order() != ByteOrder.nativeOrder()
        || pixelValues.remaining() != expected) {
      throw new IllegalArgumentException(
          "pixelValues must be a direct buffer in native byte order of "
              + expected
              + " numbers, it holds "
              + pixelValues.remaining());
    }
    if (closed) {
      throw new RuntimeStoppedException("the runtime was closed");
    }
    try {
      return picture(
          endpoint.infer(
              request(pixelValues), CallSettings.within(settings.encode()).asRepeatable()));
    } catch (TritonException e) {
      throw failure(e);
    } catch (IllegalStateException e) {
      if (closed) {
        throw new RuntimeStoppedException("the runtime was closed");
      }
      throw e;
    }
  }

  /** Asks the server. */
  @Override
  public boolean alive() {
    try {
      return !closed && endpoint.modelReady(modelName, "", CallSettings.within(settings.probe()));
    } catch (TritonException | IllegalStateException e) { // the latter: closed meanwhile
      return false;
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      endpoint.close();
    }
  }

  private RuntimeException failure(TritonException failure) {
    if (closed) {
      return new RuntimeStoppedException("the runtime was closed");
    }
    RuntimeFailure told = TritonFailures.of(failure);
    return told.kind() == RuntimeFailure.Kind.INTERNAL
        ? new IllegalStateException("the vision tower failed: " + told.message(), failure)
        : new RuntimeStoppedException(told.message());
  }

  private InferRequest request(FloatBuffer pixelValues) {
    ByteBuffer bytes =
        ByteBuffer.allocate(pixelValues.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(pixelValues.duplicate());
    return InferRequest.to(modelName)
        .input(
            "pixel_values",
            Tensor.of(
                TensorType.FP32,
                bytes,
                1,
                CHANNELS,
                manifest.getImageHeight(),
                manifest.getImageWidth()))
        .build();
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
