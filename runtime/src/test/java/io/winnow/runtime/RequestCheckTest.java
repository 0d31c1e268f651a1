package io.winnow.runtime;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.v1.DecoderManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class RequestCheckTest {

  private static final DecoderManifest DECODER =
      DecoderManifest.newBuilder()
          .setVocabularySize(100)
          .setHiddenSize(2)
          .setContextLength(16)
          .build();

  private final RequestCheck check = new RequestCheck(DECODER);

  @Test
  void takesAPicturesTokenFromBeyondTheVocabulary() {
    assertThatCode(() -> check.promptAlone(prompt(100, 99))).doesNotThrowAnyException();
  }

  @Test
  void refusesTextFromBeyondTheVocabulary() {
    assertThatThrownBy(() -> check.promptAlone(prompt(3, 100)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token id 100 is not in the vocabulary of 100");
    assertThatThrownBy(() -> check.promptAlone(prompt(-1, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token id -1");
  }

  /** One visual row and one of text. */
  private static Prompt prompt(long visualId, long textId) {
    return new Prompt(
        new long[] {visualId, textId},
        new long[] {0, -1},
        new long[] {0, 1},
        ByteBuffer.allocateDirect(2 * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer(),
        2);
  }
}
