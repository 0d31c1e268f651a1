package io.winnow.encoder.pictures;

import java.util.ArrayList;
import java.util.List;

/**
 * Bounds of a {@link PictureEncoder}.
 *
 * @param maxPictureBytes size of one picture file
 * @param maxUploadBytes picture files held at a time, uploading or queued, of all requests together
 * @param workers threads that read and encode pictures
 * @param maxQueued pictures that wait for one of them
 * @param cacheBytes encodings kept; 0 for none
 */
public record EncoderLimits(
    long maxPictureBytes, long maxUploadBytes, int workers, int maxQueued, long cacheBytes) {

  /** Checks all of them and names every one that is wrong. */
  public EncoderLimits {
    List<String> problems = new ArrayList<>();
    check(problems, "max-picture-bytes", maxPictureBytes, 1, Integer.MAX_VALUE - 8);
    check(problems, "max-upload-bytes", maxUploadBytes, maxPictureBytes, Long.MAX_VALUE);
    check(problems, "workers", workers, 1, 1024);
    check(problems, "max-queued", maxQueued, 1, 1 << 20);
    check(problems, "cache-bytes", cacheBytes, 0, Long.MAX_VALUE);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static void check(List<String> problems, String name, long value, long min, long max) {
    if (value < min || value > max) {
      problems.add("%s is %d, must be from %d to %d".formatted(name, value, min, max));
    }
  }
}
