package io.winnow.runtime.picture;

import io.winnow.v1.Preprocessing;
import io.winnow.v1.VisionManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Locale;

/**
 * Makes a vision tower's pixel values of a picture as Hugging Face's image processors do: square
 * background, resize, centre crop, rescale, normalise. Only what the crop leaves is computed, so a
 * picture of any proportions costs no more than its own pixels. Thread-safe.
 */
public final class PicturePreprocessor {

  private static final int CHANNELS = 3;

  private final Preprocessing preprocessing;
  private final int width;
  private final int height;
  private final Interpolation interpolation;
  private final float[][] values; // pixel value by channel and sample // [3][256]

  /**
   * Prepares the steps.
   *
   * @throws IllegalArgumentException if they do not lead to the tower's picture size
   */
  public PicturePreprocessor(VisionManifest manifest) {
    this.preprocessing = manifest.getPreprocessing();
    this.width = manifest.getImageWidth();
    this.height = manifest.getImageHeight();
    this.interpolation =
        Interpolation.valueOf(preprocessing.getResample().toUpperCase(Locale.ROOT));
    if (preprocessing.getMeanCount() != CHANNELS || preprocessing.getStdCount() != CHANNELS) {
      throw new IllegalArgumentException("mean and std need 3 numbers each");
    }
    int background = preprocessing.getSquareBackgroundCount();
    if (background != 0 && background != CHANNELS) {
      throw new IllegalArgumentException("square_background needs 3 numbers or none");
    }
    checkSizes();
    this.values = new float[CHANNELS][256];
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int sample = 0; sample < 256; sample++) {
        double scaled = sample * preprocessing.getRescaleFactor();
        values[channel][sample] =
            (float) ((scaled - preprocessing.getMean(channel)) / preprocessing.getStd(channel));
      }
    }
  }

  private void checkSizes() {
    int shortest = preprocessing.getShortestEdge();
    int cropWidth = preprocessing.getCropWidth();
    int cropHeight = preprocessing.getCropHeight();
    boolean cropped = cropWidth == width && cropHeight == height;
    boolean reached =
        shortest > 0
            ? cropped && shortest >= Math.max(width, height)
            : (cropped || cropWidth == 0 && cropHeight == 0 && resizesToSize())
                && preprocessing.getResizeWidth() >= width
                && preprocessing.getResizeHeight() >= height;
    if (width < 1 || height < 1 || !reached) {
      throw new IllegalArgumentException(
          "resize and crop do not give " + width + "x" + height + " pixels: " + preprocessing);
    }
  }

  private boolean resizesToSize() {
    return preprocessing.getResizeWidth() == width && preprocessing.getResizeHeight() == height;
  }

  /**
   * Pixel values of a picture.
   *
   * @throws PictureException if the picture is too long for a model that sees it on a square
   * @return direct, position 0 // [3, height, width]
   */
  public FloatBuffer preprocess(Picture picture) {
    byte[] rgb = resized(picture);
    FloatBuffer pixelValues =
        ByteBuffer.allocateDirect(CHANNELS * height * width * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    float[] plane = new float[height * width];
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int i = 0; i < plane.length; i++) {
        plane[i] = values[channel][rgb[CHANNELS * i + channel] & 0xFF];
      }
      pixelValues.put(plane);
    }
    return pixelValues.flip();
  }

  /** The picture resized and cropped. [height, width, 3] */
  byte[] resized(Picture picture) {
    PictureCanvas canvas = new PictureCanvas(picture, preprocessing.getSquareBackgroundList());
    ResizedSize size = ResizedSize.of(preprocessing, canvas.width(), canvas.height());
    // The smaller half of an odd border is cut at the left and the top.
    ResizeAxis across =
        ResizeAxis.of(
            canvas.width(), size.width(), (size.width() - width) / 2, width, interpolation);
    ResizeAxis down =
        ResizeAxis.of(
            canvas.height(), size.height(), (size.height() - height) / 2, height, interpolation);
    return vertically(down.fromFirstInput(), horizontally(across, down, canvas));
  }

  /** The rows that the second pass needs. [rows, width, 3] */
  private byte[] horizontally(ResizeAxis across, ResizeAxis down, PictureCanvas canvas) {
    int rows = down.endInput() - down.firstInput();
    byte[] narrowed = new byte[rows * width * CHANNELS];
    int to = 0;
    for (int row = down.firstInput(); row < down.endInput(); row++) {
      byte[] samples = canvas.samples(row);
      int origin = canvas.origin(row);
      for (int x = 0; x < width; x++) {
        for (int channel = 0; channel < CHANNELS; channel++) {
          narrowed[to++] = (byte) across.sample(x, samples, origin + channel, CHANNELS);
        }
      }
    }
    return narrowed;
  }

  /** [height, width, 3] */
  private byte[] vertically(ResizeAxis down, byte[] rows) {
    int stride = width * CHANNELS;
    byte[] result = new byte[height * stride];
    for (int y = 0; y < height; y++) {
      for (int i = 0; i < stride; i++) {
        result[y * stride + i] = (byte) down.sample(y, rows, i, stride);
      }
    }
    return result;
  }
}
