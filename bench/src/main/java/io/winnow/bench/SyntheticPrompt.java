package io.winnow.bench;

import io.winnow.runtime.Prompt;
import io.winnow.v1.ModelManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;

/**
 * Prompts of any length: random visual tokens between random words. What a prefill costs does not
 * depend on what it says.
 */
final class SyntheticPrompt {

  /** As many as a short question with its template has. */
  static final int TEXT_TOKENS = 60;

  private static final int TEXT_BEFORE = 8;
  private static final int FIRST_WORD = 16; // past every special token of the bundled tokenizer

  private SyntheticPrompt() {}

  /**
   * A prompt with {@link #TEXT_TOKENS} tokens of text around the pictures.
   *
   * @param pictures at least 1
   */
  static Prompt of(ModelManifest model, int pictures, long seed) {
    int tokensPerPicture = model.getVision().getGridRows() * model.getVision().getGridColumns();
    int visual = pictures * tokensPerPicture;
    int rows = TEXT_TOKENS + visual;
    long[] ids = new long[rows];
    long[] spans = new long[rows];
    long[] positions = new long[rows];
    Random random = new Random(seed);
    int words = model.getDecoder().getVocabularySize() - FIRST_WORD;
    for (int row = 0; row < rows; row++) {
      boolean text = row < TEXT_BEFORE || row >= TEXT_BEFORE + visual;
      ids[row] = text ? FIRST_WORD + random.nextInt(words) : model.getPrompt().getImageTokenId();
      spans[row] = text ? -1 : (row - TEXT_BEFORE) / tokensPerPicture;
      positions[row] = row;
    }
    int hidden = model.getDecoder().getHiddenSize();
    return new Prompt(ids, spans, positions, normal(visual * hidden, random), rows);
  }

  /** Random numbers in direct memory. */
  static FloatBuffer normal(int count, Random random) {
    FloatBuffer values =
        ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < count; i++) {
      values.put(i, (float) random.nextGaussian());
    }
    return values;
  }
}
