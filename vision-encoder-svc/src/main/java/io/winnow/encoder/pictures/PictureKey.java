package io.winnow.encoder.pictures;

import static java.util.Objects.requireNonNull;

import java.util.HexFormat;

/**
 * What makes two encodings the same.
 *
 * @param model name of the model
 * @param sha256 of the picture file, as 64 hexadecimal digits
 */
public record PictureKey(String model, String sha256) {

  /** Length of a SHA-256 in bytes. */
  public static final int SHA256_BYTES = 32;

  public PictureKey {
    requireNonNull(model, "model is null");
    requireNonNull(sha256, "sha256 is null");
  }

  public static PictureKey of(String model, byte[] sha256) {
    if (sha256.length != SHA256_BYTES) {
      throw new IllegalArgumentException("a SHA-256 has 32 bytes, not " + sha256.length);
    }
    return new PictureKey(model, HexFormat.of().formatHex(sha256));
  }
}
