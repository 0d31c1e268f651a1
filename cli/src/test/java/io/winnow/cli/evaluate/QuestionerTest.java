package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.cli.chat.Question;
import io.winnow.cli.chat.ReductionWish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestionerTest {

  @TempDir private Path folder;
  private Path picture;

  @BeforeEach
  void writeAPicture() throws IOException {
    picture = Files.write(folder.resolve("p.png"), new byte[] {1, 2});
  }

  @Test
  void answersComeInTheOrderOfTheQuestions() throws Exception {
    List<Integer> counts = new ArrayList<>();

    List<Asked> asked =
        ask(3, question -> Samples.answer("re: " + question.text(), 1), counts, "a", "b", "c", "d");

    assertThat(asked)
        .extracting(each -> each.question().text())
        .containsExactly("a", "b", "c", "d");
    assertThat(asked)
        .extracting(each -> each.answer().text())
        .containsExactly("re: a", "re: b", "re: c", "re: d");
    assertThat(counts).containsExactly(1, 2, 3, 4);
  }

  @Test
  void asksAsManyAtOnceAsItMay() throws Exception {
    CyclicBarrier three = new CyclicBarrier(3); // passes only if three are under way together

    List<Asked> asked =
        ask(
            3,
            question -> {
              await(three);
              return Samples.answer("x", 1);
            },
            new ArrayList<>(),
            "a",
            "b",
            "c");

    assertThat(asked).hasSize(3);
  }

  @Test
  void sendsThePicturesBytesAndTheModel() throws Exception {
    List<Question> seen = new ArrayList<>();

    ask(
        1,
        question -> {
          seen.add(question);
          return Samples.answer("x", 1);
        },
        new ArrayList<>(),
        "a");

    assertThat(seen.get(0).picture()).containsExactly(1, 2);
    assertThat(seen.get(0).model()).contains("demo");
  }

  @Test
  void aFailureNamesTheQuestion() {
    assertThatThrownBy(
            () ->
                ask(
                    2,
                    question -> {
                      if (question.text().equals("b")) {
                        throw new IOException("no recipe");
                      }
                      return Samples.answer("x", 1);
                    },
                    new ArrayList<>(),
                    "a",
                    "b",
                    "c"))
        .isInstanceOf(IOException.class)
        .hasMessage("\"b\" about p.png: no recipe");
  }

  private List<Asked> ask(
      int concurrency, Questioner.Chat chat, List<Integer> counts, String... texts)
      throws IOException {
    List<KnownQuestion> questions = new ArrayList<>();
    for (String text : texts) {
      questions.add(new KnownQuestion(picture, "ocr", text, "x"));
    }
    try (Questioner questioner = new Questioner(chat, Optional.of("demo"), concurrency)) {
      return questioner.ask(questions, ReductionWish.none(), counts::add);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("the others did not come", e);
    }
  }
}
