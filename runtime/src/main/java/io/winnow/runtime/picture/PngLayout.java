package io.winnow.runtime.picture;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/** Structure of a PNG file. Checks the checksums of what is decoded. */
final class PngLayout {

  private static final int SIGNATURE = 8;
  private static final int AROUND_DATA = 12; // length, type and checksum of a chunk

  private final FileBytes file;
  private final PictureLimits limits;
  private final ByteArrayOutputStream essence;
  private FileBytes header = new FileBytes(new byte[0]);
  private Orientation orientation = Orientation.UPRIGHT;
  private boolean pixels;

  private PngLayout(FileBytes file, PictureLimits limits) {
    this.file = file;
    this.limits = limits;
    this.essence = new ByteArrayOutputStream(file.length());
  }

  static PictureLayout read(FileBytes file, PictureLimits limits) {
    return new PngLayout(file, limits).read();
  }

  private PictureLayout read() {
    append(0, SIGNATURE);
    if (!file.has("IHDR", SIGNATURE + 4) || file.u32be(SIGNATURE) != 13) {
      throw PictureException.unreadable("a PNG without a header");
    }
    header = file.part(SIGNATURE + 8, 13);
    limits.checkPixels(header.u32be(0), header.u32be(4));
    boolean end = false;
    for (long at = SIGNATURE; !end; at += file.u32be(at) + AROUND_DATA) {
      end = chunk(at, file.u32be(at), file.text(at + 4, 4));
    }
    if (!pixels) {
      throw PictureException.unreadable("a PNG without pixels");
    }
    return PictureLayout.ofSingleFrame(
        (int) header.u32be(0), (int) header.u32be(4), orientation, essence.toByteArray());
  }

  /** Takes in a chunk and tells whether it is the last. */
  private boolean chunk(long at, long length, String type) {
    FileBytes data = file.part(at + 8, length);
    switch (type) {
      case "IHDR", "PLTE", "tRNS", "IDAT", "IEND" -> {
        checkSum(at, length);
        append(at, length + AROUND_DATA);
      }
      case "eXIf" -> orientation = Orientation.fromExif(data);
      default -> {
        if (Character.isUpperCase(type.charAt(0))) {
          throw PictureException.unreadable("a PNG with an unknown part");
        }
      }
    }
    pixels |= type.equals("IDAT");
    return type.equals("IEND");
  }

  private void checkSum(long at, long length) {
    FileBytes summed = file.part(at + 4, length + 4);
    CRC32 sum = new CRC32();
    sum.update(summed.bytes(), summed.start(), summed.length());
    if (sum.getValue() != file.u32be(at + 8 + length)) {
      throw PictureException.unreadable("a wrong checksum");
    }
  }

  private void append(long from, long length) {
    FileBytes part = file.part(from, length);
    essence.write(part.bytes(), part.start(), part.length());
  }
}
