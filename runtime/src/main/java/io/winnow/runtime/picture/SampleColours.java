package io.winnow.runtime.picture;

import io.winnow.runtime.picture.PictureLayout.Colours;

/** Converts a pixel's 8-bit samples to RGB. */
interface SampleColours {

  /**
   * Converts a pixel.
   *
   * @param samples // [bands]
   * @param rgb where the three bytes go
   * @param to index of the first
   */
  void convert(int[] samples, byte[] rgb, int to);

  static SampleColours of(Colours colours, int bands) {
    return switch (colours) {
      case GREY -> SampleColours::grey;
      case RGB -> SampleColours::rgb;
      case YCC -> SampleColours::ycc;
      case CMYK -> SampleColours::cmyk;
      case YCCK -> SampleColours::ycck;
      case OF_MODEL ->
          switch (bands) {
            case 1 -> SampleColours::grey;
            case 2 -> SampleColours::greyAlpha;
            case 3 -> SampleColours::rgb;
            case 4 -> SampleColours::rgba;
            default -> throw PictureException.unsupported("a picture of " + bands + " colours");
          };
    };
  }

  private static void grey(int[] samples, byte[] rgb, int to) {
    put(rgb, to, samples[0], samples[0], samples[0]);
  }

  private static void greyAlpha(int[] samples, byte[] rgb, int to) {
    byte grey = RgbPixels.overWhite(samples[0], samples[1]);
    put(rgb, to, grey, grey, grey);
  }

  private static void rgb(int[] samples, byte[] rgb, int to) {
    put(rgb, to, samples[0], samples[1], samples[2]);
  }

  private static void rgba(int[] samples, byte[] rgb, int to) {
    for (int i = 0; i < 3; i++) {
      rgb[to + i] = RgbPixels.overWhite(samples[i], samples[3]);
    }
  }

  /** libjpeg's fixed-point conversion. */
  private static void ycc(int[] samples, byte[] rgb, int to) {
    int y = samples[0];
    int cb = samples[1] - 128;
    int cr = samples[2] - 128;
    int half = 1 << 15;
    put(
        rgb,
        to,
        clamp(y + (91_881 * cr + half >> 16)),
        clamp(y + (-22_554 * cb - 46_802 * cr + half >> 16)),
        clamp(y + (116_130 * cb + half >> 16)));
  }

  /** The samples say how much light ink and black let through; Pillow multiplies them. */
  private static void cmyk(int[] samples, byte[] rgb, int to) {
    for (int i = 0; i < 3; i++) {
      rgb[to + i] = (byte) dividedBy255(samples[i] * samples[3]);
    }
  }

  private static void ycck(int[] samples, byte[] rgb, int to) {
    ycc(samples, rgb, to);
    for (int i = 0; i < 3; i++) {
      rgb[to + i] = (byte) dividedBy255((255 - (rgb[to + i] & 0xFF)) * samples[3]);
    }
  }

  private static int dividedBy255(int product) {
    int rounded = product + 128;
    return (rounded >> 8) + rounded >> 8;
  }

  private static int clamp(int value) {
    return Math.max(0, Math.min(255, value));
  }

  private static void put(byte[] rgb, int to, int red, int green, int blue) {
    rgb[to] = (byte) red;
    rgb[to + 1] = (byte) green;
    rgb[to + 2] = (byte) blue;
  }
}
