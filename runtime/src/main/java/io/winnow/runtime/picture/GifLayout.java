package io.winnow.runtime.picture;

import io.winnow.runtime.picture.PictureLayout.Colours;
import io.winnow.runtime.picture.PictureLayout.Frame;
import java.io.ByteArrayOutputStream;

/** Structure of a GIF file up to the end of its first frame. */
final class GifLayout {

  private static final int HEADER = 13;
  private static final int DESCRIPTOR = 10;
  private static final int EXTENSION = 0x21;
  private static final int GRAPHIC_CONTROL = 0xF9;
  private static final int IMAGE = 0x2C;
  private static final int TRAILER = 0x3B;

  private final FileBytes file;
  private final PictureLimits limits;

  private GifLayout(FileBytes file, PictureLimits limits) {
    this.file = file;
    this.limits = limits;
  }

  static PictureLayout read(FileBytes file, PictureLimits limits) {
    return new GifLayout(file, limits).read();
  }

  private PictureLayout read() {
    int tableEnd = HEADER + colourTable(file.u8(10));
    FileBytes control = file.part(0, 0);
    int at = tableEnd;
    while (file.u8(at) == EXTENSION) {
      int end = blocks(at + 2);
      control = file.u8(at + 1) == GRAPHIC_CONTROL ? file.part(at, end - at) : control;
      at = end;
    }
    if (file.u8(at) != IMAGE) {
      throw PictureException.unreadable("a GIF without a frame");
    }
    Frame frame =
        new Frame(file.u16le(at + 1), file.u16le(at + 3), file.u16le(at + 5), file.u16le(at + 7));
    limits.checkPixels(frame.width(), frame.height());
    // Viewers let a frame enlarge the canvas.
    int width = Math.max(file.u16le(6), frame.left() + frame.width());
    int height = Math.max(file.u16le(8), frame.top() + frame.height());
    limits.checkPixels(width, height);
    int data = at + DESCRIPTOR + colourTable(file.u8(at + 9));
    byte[] essence = essence(tableEnd, control, at, blocks(data + 1));
    return new PictureLayout(width, height, Orientation.UPRIGHT, frame, Colours.OF_MODEL, essence);
  }

  /** The palette, the transparent colour and the frame, moved to the upper left corner. */
  private byte[] essence(int tableEnd, FileBytes control, int image, int end) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    append(bytes, file.part(0, 6));
    append(bytes, file.part(image + 5, 4));
    append(bytes, file.part(10, tableEnd - 10));
    append(bytes, control);
    bytes.write(IMAGE);
    bytes.writeBytes(new byte[4]);
    append(bytes, file.part(image + 5, end - image - 5));
    bytes.write(TRAILER);
    return bytes.toByteArray();
  }

  private static void append(ByteArrayOutputStream to, FileBytes part) {
    to.write(part.bytes(), part.start(), part.length());
  }

  private static int colourTable(int flags) {
    return (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
  }

  /** Place after the data blocks that begin here. */
  private int blocks(int from) {
    int at = from;
    while (file.u8(at) != 0) {
      at += 1 + file.u8(at);
    }
    return at + 1;
  }
}
