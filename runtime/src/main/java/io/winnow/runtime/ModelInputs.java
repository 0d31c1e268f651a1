package io.winnow.runtime;

import io.winnow.v1.VisionManifest;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** What callers may hand to towers and gates, wherever these run. */
public final class ModelInputs {

  private static final int CHANNELS = 3;

  private ModelInputs() {}

  /**
   * Checks a picture for {@link EncoderRuntime#encode}.
   *
   * @throws IllegalArgumentException if it is no direct buffer of the tower's size
   */
  public static void requirePixels(FloatBuffer pixelValues, VisionManifest tower) {
    int expected = CHANNELS * tower.getImageHeight() * tower.getImageWidth();
    if (!pixelValues.isDirect()
        || pixelValues.order() != ByteOrder.nativeOrder()
        || pixelValues.remaining() != expected) {
      throw new IllegalArgumentException(
          "pixelValues must be a direct buffer in native byte order of "
              + expected
              + " numbers, it holds "
              + pixelValues.remaining());
    }
  }

  /**
   * Checks a question for {@link ExitGates#logits}.
   *
   * @throws IllegalArgumentException if the layer has no gate or the status another length
   */
  public static void requireStatus(ExitGates gates, int layer, float[] status) {
    if (!gates.layers().contains(layer)) {
      throw new IllegalArgumentException(
          "layer is " + layer + ", gates stand behind the layers " + gates.layers());
    }
    if (status.length != gates.statusWidth()) {
      throw new IllegalArgumentException(
          "status has " + status.length + " numbers, must have " + gates.statusWidth());
    }
  }
}
