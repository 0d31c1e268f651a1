package io.winnow.runtime.picture;

import io.winnow.runtime.picture.PictureLayout.Colours;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.PackedColorModel;
import java.awt.image.Raster;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Makes 8-bit RGB of decoded samples as the reference does: samples are taken as they are (no
 * profile, no gamma, which Java would apply to grey), 16 bits lose their lower half, and what is
 * transparent is laid over white.
 */
final class RgbPixels {

  private static final int OPAQUE = 255;

  private RgbPixels() {}

  /** Pixels of an image. [height, width, 3] */
  static byte[] of(BufferedImage image) {
    ColorModel model = image.getColorModel();
    if (model instanceof IndexColorModel palette) {
      int[] colours = palette(palette);
      return ofPixels(image.getRaster(), index -> colours[index & 0xFF]);
    }
    return model instanceof PackedColorModel
        ? ofPixels(image.getRaster(), model::getRGB)
        : ofSamples(image.getRaster(), Colours.OF_MODEL);
  }

  private static int[] palette(IndexColorModel palette) {
    int[] colours = new int[256]; // ARGB; black beyond the palette
    Arrays.fill(colours, 0xFF000000);
    for (int i = 0; i < Math.min(palette.getMapSize(), colours.length); i++) {
      colours[i] = palette.getRGB(i);
    }
    return colours;
  }

  /** Pixels that are one number each. */
  private static byte[] ofPixels(Raster raster, IntUnaryOperator argb) {
    Rows rows = new Rows(raster);
    byte[] rgb = new byte[3 * raster.getWidth() * raster.getHeight()];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      rows.read(y);
      for (int x = 0; x < raster.getWidth(); x++, to += 3) {
        int colour = argb.applyAsInt(rows.value(x));
        int alpha = colour >>> 24;
        rgb[to] = overWhite(colour >> 16 & 0xFF, alpha);
        rgb[to + 1] = overWhite(colour >> 8 & 0xFF, alpha);
        rgb[to + 2] = overWhite(colour & 0xFF, alpha);
      }
    }
    return rgb;
  }

  /** Pixels of one sample for each colour, and perhaps one more that says how opaque they are. */
  static byte[] ofSamples(Raster raster, Colours colours) {
    int bands = raster.getNumBands();
    SampleColours conversion = SampleColours.of(colours, bands);
    Rows rows = new Rows(raster);
    byte[] rgb = new byte[3 * raster.getWidth() * raster.getHeight()];
    int[] pixel = new int[bands];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      rows.read(y);
      for (int x = 0; x < raster.getWidth(); x++, to += 3) {
        for (int band = 0; band < bands; band++) {
          pixel[band] = rows.sample(x * bands + band);
        }
        conversion.convert(pixel, rgb, to);
      }
    }
    return rgb;
  }

  /** Pillow's alpha_composite over an opaque white. */
  static byte overWhite(int sample, int alpha) {
    if (alpha == OPAQUE) {
      return (byte) sample;
    }
    int scaled = (sample * alpha + 255 * (OPAQUE - alpha) << 7) + (0x80 << 7);
    return (byte) ((scaled >> 8) + scaled >> 8 >> 7);
  }

  /** One row of a raster at a time, in its own element type. */
  private static final class Rows {

    private final Raster raster;
    private final byte[] bytes;
    private final short[] shorts;
    private final int[] ints;

    Rows(Raster raster) {
      this.raster = raster;
      int length = raster.getWidth() * raster.getNumDataElements();
      int type = raster.getTransferType();
      bytes = new byte[type == DataBuffer.TYPE_BYTE ? length : 0];
      shorts = new short[type == DataBuffer.TYPE_USHORT ? length : 0];
      ints = new int[type == DataBuffer.TYPE_INT ? length : 0];
      if (bytes.length + shorts.length + ints.length == 0) {
        throw PictureException.unsupported("its kind of sample is rare");
      }
    }

    void read(int y) {
      Object row = bytes.length > 0 ? bytes : shorts.length > 0 ? shorts : ints;
      raster.getDataElements(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
    }

    int value(int i) {
      return bytes.length > 0 ? bytes[i] & 0xFF : shorts.length > 0 ? shorts[i] & 0xFFFF : ints[i];
    }

    /** An 8-bit sample. */
    int sample(int i) {
      return bytes.length > 0 ? bytes[i] & 0xFF : value(i) >> 8 & 0xFF;
    }
  }
}
