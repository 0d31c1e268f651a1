package io.winnow.runtime.picture;

import io.winnow.v1.VisionManifest;

/**
 * The part of a picture that a vision tower sees, in the picture's own pixels: what the resize and
 * the centre crop of {@link PicturePreprocessor} leave of it. Of a picture that is laid on a square
 * the region is the square's, and reaches beyond the picture on two sides.
 */
public record SeenRegion(double left, double top, double width, double height) {

  /**
   * The region of a picture.
   *
   * @param width of the picture after EXIF orientation, at least 1
   * @param height see {@code width}
   */
  public static SeenRegion of(VisionManifest manifest, int width, int height) {
    boolean square = manifest.getPreprocessing().getSquareBackgroundCount() > 0;
    int canvasWidth = square ? Math.max(width, height) : width;
    int canvasHeight = square ? Math.max(width, height) : height;
    ResizedSize resized = ResizedSize.of(manifest.getPreprocessing(), canvasWidth, canvasHeight);
    // Pixels per pixel of the resized picture.
    double across = (double) canvasWidth / resized.width();
    double down = (double) canvasHeight / resized.height();
    long left = (resized.width() - manifest.getImageWidth()) / 2;
    long top = (resized.height() - manifest.getImageHeight()) / 2;
    return new SeenRegion(
        left * across - (canvasWidth - width) / 2,
        top * down - (canvasHeight - height) / 2,
        manifest.getImageWidth() * across,
        manifest.getImageHeight() * down);
  }
}
