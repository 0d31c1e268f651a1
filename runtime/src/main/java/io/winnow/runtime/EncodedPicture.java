package io.winnow.runtime;

import java.nio.FloatBuffer;

/**
 * A picture as visual tokens. The buffers are read-only for everybody.
 *
 * @param visualTokens projected features; direct, position 0 // [tokens, hidden]
 * @param saliency attention of the CLS token to each visual token in the feature layer, head mean
 *     // [tokens]
 * @param hiddenSize width of a token
 */
public record EncodedPicture(FloatBuffer visualTokens, float[] saliency, int hiddenSize) {

  /** Number of visual tokens. */
  public int tokens() {
    return saliency.length;
  }
}
