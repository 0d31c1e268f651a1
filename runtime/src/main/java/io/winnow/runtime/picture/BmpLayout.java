package io.winnow.runtime.picture;

import java.util.Arrays;
import java.util.Set;

/** Structure of a Windows bitmap. */
final class BmpLayout {

  private static final int CORE_HEADER = 12;
  private static final int INFO_HEADER = 40;
  private static final Set<Integer> DEPTHS = Set.of(1, 4, 8, 16, 24, 32);
  private static final int UNCOMPRESSED = 0;
  private static final int RUN_LENGTH_8 = 1;
  private static final int RUN_LENGTH_4 = 2;
  private static final int BIT_FIELDS = 3;

  private BmpLayout() {}

  static PictureLayout read(FileBytes file, PictureLimits limits) {
    long header = file.u32le(14);
    if (header != CORE_HEADER && header < INFO_HEADER) {
      throw PictureException.unsupported("this kind of BMP is rare");
    }
    boolean core = header == CORE_HEADER;
    long width = core ? file.u16le(18) : (int) file.u32le(18);
    // Negative: the rows come from top to bottom.
    long height = core ? file.u16le(20) : Math.abs((long) (int) file.u32le(22));
    limits.checkPixels(width, height);
    int depth = core ? file.u16le(24) : file.u16le(28);
    int compression = core ? UNCOMPRESSED : (int) file.u32le(30);
    boolean runLength = compression == RUN_LENGTH_8 || compression == RUN_LENGTH_4;
    if (!DEPTHS.contains(depth)
        || !runLength && compression != UNCOMPRESSED && compression != BIT_FIELDS) {
      // A JPEG or PNG in a BMP would be decoded past our limits, too.
      throw PictureException.unsupported("this kind of BMP is rare");
    }
    long rowBytes = (width * depth + 31) / 32 * 4;
    file.part(file.u32le(10), runLength ? 1 : rowBytes * height);
    byte[] bytes = Arrays.copyOfRange(file.bytes(), file.start(), file.end());
    return PictureLayout.ofSingleFrame((int) width, (int) height, Orientation.UPRIGHT, bytes);
  }
}
