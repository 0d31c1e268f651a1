package io.winnow.runtime.picture;

import io.winnow.runtime.picture.PictureLayout.Colours;
import io.winnow.runtime.picture.PictureLayout.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Structure of a WebP file, still or animated. */
final class WebpLayout {

  private static final int RIFF_HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int FRAME_HEADER = 16;
  private static final int ANIMATED = 0x02;
  private static final int WITH_ALPHA = 0x10;

  private final FileBytes file;
  private final PictureLimits limits;
  private @Nullable FileBytes extended;
  private @Nullable FileBytes firstFrame;
  private @Nullable FileBytes alpha; // with its chunk header, as are the next two
  private @Nullable FileBytes lossy;
  private @Nullable FileBytes lossless;
  private Orientation orientation = Orientation.UPRIGHT;

  private WebpLayout(FileBytes file, PictureLimits limits) {
    this.file = file;
    this.limits = limits;
  }

  static PictureLayout read(FileBytes file, PictureLimits limits) {
    return new WebpLayout(file, limits).read();
  }

  private PictureLayout read() {
    long size = file.u32le(4) + CHUNK_HEADER;
    chunks(file.part(RIFF_HEADER, size - RIFF_HEADER));
    boolean animated = extended != null && (extended.u8(0) & ANIMATED) != 0;
    if (animated) {
      if (firstFrame == null) {
        throw PictureException.unreadable("an animation without frames");
      }
      chunks(firstFrame.part(FRAME_HEADER, firstFrame.length() - FRAME_HEADER));
    }
    Frame frame = bitstream();
    limits.checkPixels(frame.width(), frame.height());
    if (extended == null) {
      return layout(frame.width(), frame.height(), frame);
    }
    int width = extended.u24le(4) + 1;
    int height = extended.u24le(7) + 1;
    if (animated && firstFrame != null) {
      int left = 2 * firstFrame.u24le(0);
      int top = 2 * firstFrame.u24le(3);
      frame = new Frame(left, top, frame.width(), frame.height());
    }
    if ((long) frame.left() + frame.width() > width
        || (long) frame.top() + frame.height() > height) {
      throw PictureException.unreadable("a frame larger than the picture");
    }
    return layout(width, height, frame);
  }

  private void chunks(FileBytes part) {
    long at = 0;
    // Some writers leave the last chunk's padding byte out.
    while (at + 1 < part.length()) {
      long length = part.u32le(at + 4);
      FileBytes data = part.part(at + CHUNK_HEADER, length);
      FileBytes chunk = part.part(at, CHUNK_HEADER + length);
      switch (part.text(at, 4)) {
        case "VP8X" -> canvas(data);
        case "ANMF" -> firstFrame = firstFrame == null ? data : firstFrame;
        case "ALPH" -> alpha = alpha == null ? chunk : alpha;
        case "VP8 " -> lossy = lossy == null ? chunk : lossy;
        case "VP8L" -> lossless = lossless == null ? chunk : lossless;
        case "EXIF" -> exif(data);
        default -> {}
      }
      at += CHUNK_HEADER + length + length % 2;
    }
  }

  private void canvas(FileBytes data) {
    if (extended == null) {
      extended = data;
      limits.checkPixels(data.u24le(4) + 1, data.u24le(7) + 1);
    }
  }

  private void exif(FileBytes data) {
    int skip = data.has("Exif\0\0", 0) ? 6 : 0;
    orientation = Orientation.fromExif(data.part(skip, data.length() - skip));
  }

  /** Size of the picture as its compressed data says. */
  private Frame bitstream() {
    if (lossy != null && lossy.has("\u009d\u0001\u002a", CHUNK_HEADER + 3)) {
      int width = lossy.u16le(CHUNK_HEADER + 6) & 0x3FFF;
      int height = lossy.u16le(CHUNK_HEADER + 8) & 0x3FFF;
      return new Frame(0, 0, width, height);
    }
    if (lossless != null && lossless.u8(CHUNK_HEADER) == 0x2F) {
      long bits = lossless.u32le(CHUNK_HEADER + 1);
      return new Frame(0, 0, (int) (bits & 0x3FFF) + 1, (int) (bits >> 14 & 0x3FFF) + 1);
    }
    throw PictureException.unreadable("a WebP without pixels");
  }

  private PictureLayout layout(int width, int height, Frame frame) {
    return new PictureLayout(width, height, orientation, frame, Colours.OF_MODEL, essence(frame));
  }

  private byte[] essence(Frame frame) {
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    if (lossy == null) {
      append(chunks, lossless);
    } else if (alpha == null) {
      append(chunks, lossy);
    } else {
      chunks.writeBytes("VP8X".getBytes(StandardCharsets.ISO_8859_1));
      littleEndian(chunks, 10, 4);
      littleEndian(chunks, WITH_ALPHA, 4);
      littleEndian(chunks, frame.width() - 1, 3);
      littleEndian(chunks, frame.height() - 1, 3);
      append(chunks, alpha);
      append(chunks, lossy);
    }
    ByteArrayOutputStream riff = new ByteArrayOutputStream(chunks.size() + RIFF_HEADER);
    riff.writeBytes("RIFF".getBytes(StandardCharsets.ISO_8859_1));
    littleEndian(riff, chunks.size() + 4, 4);
    riff.writeBytes("WEBP".getBytes(StandardCharsets.ISO_8859_1));
    riff.writeBytes(chunks.toByteArray());
    return riff.toByteArray();
  }

  private static void append(ByteArrayOutputStream chunks, @Nullable FileBytes chunk) {
    if (chunk != null) {
      chunks.write(chunk.bytes(), chunk.start(), chunk.length());
      if (chunk.length() % 2 == 1) {
        chunks.write(0);
      }
    }
  }

  private static void littleEndian(ByteArrayOutputStream to, int value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      to.write(value >> 8 * i);
    }
  }
}
