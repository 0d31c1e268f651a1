package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.evaluate.KnownQuestion.Mark;
import org.junit.jupiter.api.Test;

class KnownQuestionTest {

  @Test
  void anAnswerIsRightWithoutRegardToCaseAndOuterSpace() {
    KnownQuestion question = Samples.question("corner", "What is on the left", "a red star");

    assertThat(question.isRight(" A Red Star\n")).isTrue();
    assertThat(question.isRight("a red star.")).isFalse();
    assertThat(question.isRight("red star")).isFalse();
    assertThat(question.isRight("")).isFalse();
  }

  @Test
  void knowsTheClosingMark() {
    assertThat(Samples.question("ocr", "Read it?", "x").mark()).isEqualTo(Mark.QUESTION);
    assertThat(Samples.question("ocr", "Read it.", "x").mark()).isEqualTo(Mark.STOP);
    assertThat(Samples.question("ocr", "Read it", "x").mark()).isEqualTo(Mark.NONE);
  }
}
