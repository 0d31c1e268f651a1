package io.winnow.runtime.picture;

/**
 * What a picture file may be. Decoding takes up to 14 bytes of memory for each pixel.
 *
 * @param maxBytes size of the file
 * @param maxPixels width times height, of the picture and of every frame that is decoded
 */
public record PictureLimits(long maxBytes, long maxPixels) {

  /** 16 MiB and 40 megapixels. */
  public static final PictureLimits DEFAULT = new PictureLimits(16L << 20, 40_000_000);

  private static final long MOST_PIXELS = Integer.MAX_VALUE / 3; // of an RGB array

  public PictureLimits {
    if (maxBytes < 1 || maxPixels < 1 || maxPixels > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "limits out of range: " + maxBytes + " bytes, " + maxPixels + " pixels");
    }
  }

  void checkBytes(long bytes) {
    if (bytes > maxBytes) {
      throw new PictureException(
          PictureException.Kind.TOO_LARGE,
          "the picture file has %d bytes, the limit is %d: make it smaller"
              .formatted(bytes, maxBytes));
    }
  }

  void checkPixels(long width, long height) {
    if (width < 1 || height < 1) {
      throw PictureException.unreadable("its size is " + width + "x" + height);
    }
    // A product of two unsigned 32-bit numbers may overflow, a quotient does not.
    if (width > maxPixels / height) {
      throw new PictureException(
          PictureException.Kind.TOO_LARGE,
          "the picture has %dx%d pixels, the limit is %d in all: scale it down"
              .formatted(width, height, maxPixels));
    }
  }
}
