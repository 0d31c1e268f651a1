package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.Prompt;
import io.winnow.v1.ModelManifest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SyntheticPromptTest {

  private static final ModelManifest MODEL = model();

  @Test
  void hasTextAroundThePictures() {
    Prompt prompt = SyntheticPrompt.of(MODEL, 3, 1);

    assertThat(prompt.length()).isEqualTo(SyntheticPrompt.TEXT_TOKENS + 3 * 12);
    assertThat(prompt.pictures()).isEqualTo(3);
    assertThat(prompt.visualRows()).isEqualTo(36);
    assertThat(prompt.spans()[0]).isEqualTo(-1);
    assertThat(Arrays.stream(prompt.spans()).filter(span -> span == 2).count()).isEqualTo(12);
    assertThat(prompt.visualTokens().capacity()).isEqualTo(36 * 8);
    assertThat(prompt.nextPosition()).isEqualTo(prompt.length());
  }

  @Test
  void wordsAreNeverSpecialTokens() {
    Prompt prompt = SyntheticPrompt.of(MODEL, 1, 1);

    for (int row = 0; row < prompt.length(); row++) {
      if (prompt.spans()[row] < 0) {
        assertThat(prompt.tokenIds()[row]).isBetween(16L, 199L);
      } else {
        assertThat(prompt.tokenIds()[row]).isEqualTo(4);
      }
    }
  }

  @Test
  void theSameSeedGivesTheSamePrompt() {
    assertThat(SyntheticPrompt.of(MODEL, 1, 5).tokenIds())
        .isEqualTo(SyntheticPrompt.of(MODEL, 1, 5).tokenIds())
        .isNotEqualTo(SyntheticPrompt.of(MODEL, 1, 6).tokenIds());
  }

  private static ModelManifest model() {
    ModelManifest.Builder model = ModelManifest.newBuilder();
    model.getVisionBuilder().setGridRows(3).setGridColumns(4);
    model.getDecoderBuilder().setHiddenSize(8).setVocabularySize(200);
    model.getPromptBuilder().setImageTokenId(4);
    return model.build();
  }
}
