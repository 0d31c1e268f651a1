package io.winnow.runtime.picture;

import static java.util.Objects.requireNonNull;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import io.winnow.runtime.picture.PictureLayout.Colours;
import io.winnow.runtime.picture.PictureLayout.Frame;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads PNG, JPEG, WebP, GIF and BMP files, of animations the first frame. Thread-safe.
 *
 * <p>The content decides what a file is, not its name. Its structure is walked first: size limits
 * are checked before anything is allocated for pixels, and the decoder sees only the parts that
 * hold the first frame's pixels. Pictures come out upright (EXIF orientation), as 8-bit RGB without
 * any colour profile applied; what is transparent is laid over white.
 */
public final class PictureReader {

  private final PictureLimits limits;

  public PictureReader(PictureLimits limits) {
    this.limits = requireNonNull(limits, "limits is null");
  }

  /**
   * Reads a picture file.
   *
   * @throws PictureException if it is no picture, damaged, incomplete or above the limits
   */
  public Picture read(byte[] bytes) {
    if (bytes.length == 0) {
      throw PictureException.unreadable("the file is empty");
    }
    limits.checkBytes(bytes.length);
    FileBytes file = new FileBytes(bytes);
    PictureFormat format =
        PictureFormat.of(file)
            .orElseThrow(
                () ->
                    new PictureException(
                        PictureException.Kind.UNSUPPORTED,
                        "this is no picture in a known format; send a PNG, JPEG, WebP, GIF or BMP"
                            + " file"));
    PictureLayout layout = format.layout(file, limits);
    byte[] rgb = onCanvas(decode(format, layout), layout);
    return layout.orientation().apply(new Picture(layout.width(), layout.height(), rgb));
  }

  /** Pixels of the frame. [frame height, frame width, 3] */
  private static byte[] decode(PictureFormat format, PictureLayout layout) {
    ImageReader reader = reader(format);
    AtomicBoolean damaged = new AtomicBoolean();
    byte[] rgb;
    try (MemoryCacheImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(layout.essence()))) {
      reader.addIIOReadWarningListener(
          (source, warning) -> damaged.compareAndSet(false, meansDamage(warning)));
      reader.setInput(stream, true, true);
      rgb = decode(reader, layout.colours());
    } catch (IOException | RuntimeException e) {
      // Decoders meet damage with all kinds of exceptions.
      throw PictureException.unreadable("its pixels cannot be decoded", e);
    } finally {
      reader.dispose();
    }
    Frame frame = layout.frame();
    if (damaged.get() || rgb.length != 3L * frame.width() * frame.height()) {
      throw PictureException.unreadable("its pixels cannot be decoded completely");
    }
    return rgb;
  }

  /** Bytes too many between a JPEG's parts harm nothing. */
  private static boolean meansDamage(String warning) {
    return !warning.contains("extraneous bytes");
  }

  private static byte[] decode(ImageReader reader, Colours colours) throws IOException {
    if (colours != Colours.OF_MODEL) {
      return RgbPixels.ofSamples(reader.readRaster(0, null), colours);
    }
    BufferedImage image = reader.read(0);
    return RgbPixels.of(image);
  }

  /** The JDK's own readers and one for WebP, whatever else is on the class path. */
  private static ImageReader reader(PictureFormat format) {
    if (format == PictureFormat.WEBP) {
      return new WebPImageReaderSpi().createReaderInstance(null);
    }
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
        return reader;
      }
    }
    throw new IllegalStateException("this JDK has no reader for " + format);
  }

  private static byte[] onCanvas(byte[] pixels, PictureLayout layout) {
    Frame frame = layout.frame();
    if (frame.width() == layout.width() && frame.height() == layout.height()) {
      return pixels;
    }
    byte[] canvas = new byte[3 * layout.width() * layout.height()]; // [height, width, 3]
    Arrays.fill(canvas, (byte) 0xFF);
    for (int y = 0; y < frame.height(); y++) {
      int to = 3 * ((frame.top() + y) * layout.width() + frame.left());
      System.arraycopy(pixels, 3 * y * frame.width(), canvas, to, 3 * frame.width());
    }
    return canvas;
  }
}
