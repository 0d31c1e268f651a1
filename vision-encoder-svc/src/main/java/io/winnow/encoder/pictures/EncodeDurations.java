package io.winnow.encoder.pictures;

import java.time.Duration;

/**
 * Where the time of an encoding went.
 *
 * @param queue waiting for a worker
 * @param preprocess reading the file and making pixel values of it
 * @param encode vision tower and projector
 * @param decode the part of {@code preprocess} in which the file was read
 */
public record EncodeDurations(
    Duration queue, Duration preprocess, Duration encode, Duration decode) {

  /** What a picture took that was there already. */
  public static final EncodeDurations NONE =
      new EncodeDurations(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
