package io.winnow.encoder.pictures;

/** Reads picture files for one vision tower. Thread-safe. */
@FunctionalInterface
public interface PictureReading {

  /**
   * Decodes and preprocesses a picture file.
   *
   * @throws RefusedException if it is no picture, damaged or above the limits
   */
  PreparedPicture prepare(byte[] file) throws RefusedException;
}
