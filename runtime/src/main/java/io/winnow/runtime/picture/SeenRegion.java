package io.winnow.runtime.picture;

import io.winnow.v1.VisionManifest;

/**
 * The part of a picture that a vision tower sees, in the picture's own pixels: what the resize and
 * the centre crop of {@link PicturePreprocessor} leave of it.
 */
public record SeenRegion(double left, double top, double width, double height) {

  /**
   * The region of a picture.
   *
   * @param width of the picture after EXIF orientation, at least 1
   * @param height see {@code width}
   */
  public static SeenRegion of(VisionManifest manifest, int width, int height) {
    ResizedSize resized = ResizedSize.of(manifest.getPreprocessing(), width, height);
    double across = (double) width / resized.width(); // pixels per pixel of the resized picture
    double down = (double) height / resized.height();
    long left = (resized.width() - manifest.getImageWidth()) / 2;
    long top = (resized.height() - manifest.getImageHeight()) / 2;
    return new SeenRegion(
        left * across,
        top * down,
        manifest.getImageWidth() * across,
        manifest.getImageHeight() * down);
  }
}
