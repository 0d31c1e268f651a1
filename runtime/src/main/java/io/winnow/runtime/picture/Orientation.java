package io.winnow.runtime.picture;

/**
 * The EXIF orientation, 1 to 8: what has to be done to the stored pixels to see them upright.
 *
 * @param mirrored flip left and right, after turning
 * @param quarterTurns clockwise, 0 to 3
 */
record Orientation(boolean mirrored, int quarterTurns) {

  static final Orientation UPRIGHT = new Orientation(false, 0);

  private static final int TAG = 0x0112;
  private static final int SHORT = 3;
  private static final int MAX_ENTRIES = 1_000;

  /** The orientation in an EXIF block (a TIFF header and its first directory); upright if none. */
  static Orientation fromExif(FileBytes exif) {
    try {
      boolean little = exif.has("II", 0);
      long directory = little ? exif.u32le(4) : exif.u32be(4);
      int entries = u16(exif, directory, little);
      for (int i = 0; i < Math.min(entries, MAX_ENTRIES); i++) {
        long entry = directory + 2 + 12L * i;
        if (u16(exif, entry, little) == TAG && u16(exif, entry + 2, little) == SHORT) {
          return fromTag(u16(exif, entry + 8, little));
        }
      }
    } catch (PictureException e) {
      // Damaged metadata of an intact picture: shown as it is stored.
      return UPRIGHT;
    }
    return UPRIGHT;
  }

  private static int u16(FileBytes exif, long at, boolean little) {
    return little ? exif.u16le(at) : exif.u16be(at);
  }

  private static Orientation fromTag(int tag) {
    return switch (tag) {
      case 2 -> new Orientation(true, 0);
      case 3 -> new Orientation(false, 2);
      case 4 -> new Orientation(true, 2);
      case 5 -> new Orientation(true, 1);
      case 6 -> new Orientation(false, 1);
      case 7 -> new Orientation(true, 3);
      case 8 -> new Orientation(false, 3);
      default -> UPRIGHT;
    };
  }

  /** The picture as it is meant to be seen. */
  Picture apply(Picture stored) {
    if (equals(UPRIGHT)) {
      return stored;
    }
    boolean swapped = quarterTurns % 2 == 1;
    int width = swapped ? stored.height() : stored.width();
    int height = swapped ? stored.width() : stored.height();
    byte[] rgb = new byte[stored.rgb().length]; // [height, width, 3]
    for (int y = 0, to = 0; y < height; y++) {
      for (int x = 0; x < width; x++, to += 3) {
        int from = 3 * source(stored, mirrored ? width - 1 - x : x, y);
        rgb[to] = stored.rgb()[from];
        rgb[to + 1] = stored.rgb()[from + 1];
        rgb[to + 2] = stored.rgb()[from + 2];
      }
    }
    return new Picture(width, height, rgb);
  }

  /** Index of the stored pixel that a clockwise turn brings to (x, y). */
  private int source(Picture stored, int x, int y) {
    int width = stored.width();
    int height = stored.height();
    return switch (quarterTurns) {
      case 1 -> (height - 1 - x) * width + y;
      case 2 -> (height - 1 - y) * width + width - 1 - x;
      case 3 -> x * width + width - 1 - y;
      default -> y * width + x;
    };
  }
}
