package io.winnow.encoder.pictures;

/** How an encoding ended. */
public sealed interface EncodeOutcome {

  /**
   * The picture is encoded.
   *
   * @param cacheHit whether it had been before
   */
  record Encoded(PictureTokens tokens, EncodeDurations durations, boolean cacheHit)
      implements EncodeOutcome {}

  /** It is not. */
  record Failed(EncoderFailure failure) implements EncodeOutcome {}
}
