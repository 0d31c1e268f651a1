package io.winnow.decoder.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.generation.FakeDecoderRuntime;
import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.Prompt;
import io.winnow.v1.DecoderManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class CalibrationRunsTest {

  private static final int LAYERS = 4;
  private static final CalibrationLimits LIMITS =
      new CalibrationLimits(2, 64, Duration.ofMinutes(1), Duration.ofSeconds(20));

  private final FakeStepper stepper = new FakeStepper(LAYERS);
  private final FakeDecoderRuntime runtime =
      new FakeDecoderRuntime(
              DecoderManifest.newBuilder().setLayers(LAYERS).setHiddenSize(2).build(),
              () -> Runnable::run)
          .say("yes")
          .stepping(stepper);
  private final CalibrationRuns runs = new CalibrationRuns("demo", runtime, LIMITS);
  private final Recording found = new Recording();

  @Test
  void looksAtEveryLayerOfAPassThatGoesThrough() throws Exception {
    int sample = runs.add(prompt(3));

    runs.attend(sample, true, found);

    assertThat(found.lines)
        .containsExactly(
            "0: layer 0 [0.0, 1.0, 2.0] [0.0, 0.0, 0.0]",
            "0: layer 1 [0.0, 1.0, 2.0] [1.0, 1.0, 1.0]",
            "0: layer 2 [0.0, 1.0, 2.0] [2.0, 2.0, 2.0]",
            "0: layer 3 [0.0, 1.0, 2.0] [3.0, 3.0, 3.0]");
    assertThat(stepper.open).isZero();
  }

  @Test
  void dropsWhatIsNamedAndGoesOn() throws Exception {
    runs.add(prompt(1));
    int sample = runs.add(prompt(3));

    runs.attend(sample, false, found);
    runs.drop(new int[] {1}, found);
    runs.drop(new int[] {}, found);
    runs.drop(new int[] {1}, found);

    assertThat(found.lines)
        .containsExactly(
            "1: layer 0 [0.0, 1.0, 2.0] [0.0, 0.0, 0.0]",
            "1: layer 1 [0.0, 2.0] [1.0, 1.0]",
            "1: layer 2 [0.0, 2.0] [2.0, 2.0]",
            "1: layer 3 [0.0] [3.0]");
    assertThat(stepper.open).isZero();
    refuses(Reason.INVALID_REQUEST, () -> runs.drop(new int[] {0}, found));
  }

  @Test
  void aNewPassGivesUpTheOneBefore() throws Exception {
    int sample = runs.add(prompt(3));
    runs.attend(sample, false, found);
    runs.attend(sample, false, found);
    assertThat(stepper.open).isEqualTo(1);

    runs.close();

    assertThat(stepper.open).isZero();
  }

  @Test
  void asksForTheFirstTokenWithoutGenerating() throws Exception {
    int sample = runs.add(prompt(3));

    runs.answer(sample, new int[] {1, 3}, 1, found);

    assertThat(found.lines)
        .containsExactly(
            "0: withdrawn 4, token 0 of 1 [4.0, 5.0, 0.0]",
            "0: withdrawn 1, token 0 of 1 [1.0, 2.0, 0.0]",
            "0: withdrawn 3, token 0 of 1 [3.0, 2.0, 0.0]");
    assertThat(runtime.generations()).isEmpty();
    assertThat(stepper.open).isZero();
  }

  @Test
  void forcesTheModelsOwnAnswerAsFarAsItGoes() throws Exception {
    int sample = runs.add(prompt(3));

    runs.answer(sample, new int[] {2}, 16, found); // "yes" and the end of the sequence

    Prompt forced = stepper.begun.get(0);
    assertThat(forced.tokenIds()).containsExactly(1, 4, 4, 4, 9, 'y', 'e', 's');
    assertThat(forced.spans()).containsExactly(-1, 0, 0, 0, -1, -1, -1, -1);
    assertThat(forced.positions()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(found.lines)
        .hasSize(8)
        .contains("0: withdrawn 4, token 3 of 4 [4.0, 8.0, 3.0]")
        .contains("0: withdrawn 2, token 0 of 4 [2.0, 5.0, 0.0]");
    assertThat(stepper.open).isZero();
  }

  @Test
  void refusesWhatDoesNotFit() throws Exception {
    int sample = runs.add(prompt(3));
    refuses(Reason.INVALID_REQUEST, () -> runs.attend(1, true, found));
    refuses(Reason.INVALID_REQUEST, () -> runs.drop(new int[] {0}, found));
    refuses(Reason.INVALID_REQUEST, () -> runs.answer(sample, new int[] {4}, 1, found));
    refuses(Reason.INVALID_REQUEST, () -> runs.answer(sample, new int[] {2, 2}, 1, found));
    refuses(Reason.INVALID_REQUEST, () -> runs.answer(sample, new int[] {1}, 65, found));
    runs.attend(sample, false, found);
    refuses(Reason.INVALID_REQUEST, () -> runs.drop(new int[] {3}, found));
    refuses(Reason.OVERLOADED, () -> runs.add(prompt(6))); // 72 bytes together
    runs.add(prompt(1));
    refuses(Reason.OVERLOADED, () -> runs.add(prompt(1)));
  }

  @Test
  void saysHowAModelIsExportedThatCannotBeCalibrated() {
    FakeDecoderRuntime plain =
        new FakeDecoderRuntime(
            DecoderManifest.newBuilder().setLayers(LAYERS).build(), () -> Runnable::run);

    assertThatThrownBy(() -> new CalibrationRuns("demo", plain, LIMITS))
        .isInstanceOf(ChatFailureException.class)
        .hasMessageContaining("winnow export --segments 4");
  }

  private static void refuses(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ChatFailureException.class, e -> assertThat(e.failure().reason()).isEqualTo(reason));
  }

  /** A text row, so many visual ones of width 2, a text row. */
  private static Prompt prompt(int visual) {
    long[] ids = new long[visual + 2];
    Arrays.fill(ids, 4);
    ids[0] = 1;
    ids[visual + 1] = 9;
    long[] spans = new long[visual + 2];
    spans[0] = -1;
    spans[visual + 1] = -1;
    return new Prompt(
        ids,
        spans,
        LongStream.range(0, visual + 2).toArray(),
        ByteBuffer.allocateDirect(visual * 2 * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer(),
        visual + 2);
  }

  private static final class Recording implements Findings {

    final List<String> lines = new ArrayList<>();

    @Override
    public void attention(int sample, LayerAttention seen) {
      lines.add(
          "%d: layer %d %s %s"
              .formatted(
                  sample,
                  seen.layer(),
                  Arrays.toString(seen.self()),
                  Arrays.toString(seen.cross())));
    }

    @Override
    public void logits(int sample, int withdrawLayer, int token, int tokens, float[] logits) {
      lines.add(
          "%d: withdrawn %d, token %d of %d %s"
              .formatted(sample, withdrawLayer, token, tokens, Arrays.toString(logits)));
    }
  }
}
