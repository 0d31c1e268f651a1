package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.Replay;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.contract.RecordingListener.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A generation that another runtime began goes on as if nothing had happened. For every runtime.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DecoderReplayContract extends DecoderContract {

  private static final int ANSWER = 12;
  private static final Sampling WARM = new Sampling(1.3, 0.95, 0, 20261125, 4);

  private DecoderRuntime runtime;

  @BeforeAll
  void openRuntime() {
    runtime = open(DemoModel.endless(), new Bounds(8, 64));
  }

  @AfterAll
  void closeRuntime() {
    runtime.close();
  }

  /** One golden of each case: nothing dropped, FitPrune, withdrawal and the others. */
  static List<JsonNode> onePerCase() {
    return StreamSupport.stream(DemoModel.goldens("pruned.json").spliterator(), false)
        .filter(golden -> golden.get("name").asText().startsWith("ex05"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("onePerCase")
  void goesOnWithTheSameTokensUnderEveryPlan(JsonNode golden) {
    for (Sampling sampling : List.of(Sampling.greedy(), WARM)) {
      GenerationRequest request =
          new GenerationRequest(
              DemoModel.prompt(golden), keeping(golden, Set.of()), sampling, ANSWER);
      List<SampledToken> undisturbed = answer(request);

      for (int done : new int[] {0, 1, 5, ANSWER - 1}) {
        List<SampledToken> rest = answer(request.withReplay(after(done, undisturbed)));

        assertSame(rest, undisturbed.subList(done, ANSWER));
      }
    }
  }

  @Test
  void takesTheExitThatWasTakenAndAsksNobodyAgain() {
    JsonNode golden = onePerCase().get(0);
    PrefillPlan observing =
        new PrefillPlan(
            Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(0, 1, 2, 3), true, true);
    GenerationRequest request =
        new GenerationRequest(DemoModel.prompt(golden), observing, Sampling.greedy(), ANSWER);
    Started exited = start(runtime, request);
    for (int segment = 0; segment < DemoModel.SEGMENTS; segment++) {
      exited.listener().await(SegmentEnded.class);
      exited.generation().resume(segment, segment == 1);
    }
    exited.answer();
    List<SampledToken> undisturbed = exited.listener().tokens();

    Started again =
        start(runtime, request.withReplay(new Replay(OptionalInt.of(2), ids(undisturbed, 3))));
    again.answer();

    assertThat(again.listener().seen()).noneMatch(SegmentEnded.class::isInstance);
    assertSame(again.listener().tokens(), undisturbed.subList(3, ANSWER));
    Prefilled first = prefilled(exited);
    Prefilled second = prefilled(again);
    assertThat(second.summary().visualEntered()).isEqualTo(first.summary().visualEntered());
    assertThat(second.summary().survivors()).containsExactlyElementsOf(first.summary().survivors());
  }

  @Test
  void theReplayIsNeitherToldNorPaidFor() {
    GenerationRequest request = greedy(DemoModel.textPrompt(9), ANSWER);
    List<SampledToken> undisturbed = answer(request);

    Started again = start(runtime, request.withReplay(after(4, undisturbed)));
    again.listener().await(Prefilled.class);
    answer(request); // another's whole life, in which the replay has time to tell something
    assertThat(again.listener().pending()).isEmpty();

    again.generation().decode(1);
    assertSame(List.of(again.listener().await(Token.class).token()), undisturbed.subList(4, 5));
    answer(request);
    assertThat(again.listener().pending()).isEmpty();
    again.answer();
    assertSame(again.listener().tokens(), undisturbed.subList(4, ANSWER));
  }

  @Test
  void replaysAmongOthersChangeNothing() {
    List<JsonNode> goldens = onePerCase();
    List<GenerationRequest> requests =
        goldens.stream()
            .map(
                golden ->
                    new GenerationRequest(
                        DemoModel.prompt(golden), keeping(golden, Set.of()), WARM, ANSWER))
            .toList();
    List<List<SampledToken>> undisturbed = requests.stream().map(this::answer).toList();

    List<Started> together = new ArrayList<>();
    for (int index = 0; index < requests.size(); index++) {
      GenerationRequest request = requests.get(index);
      together.add(
          start(
              runtime,
              index % 2 == 0
                  ? request
                  : request.withReplay(after(2 + index, undisturbed.get(index)))));
      together.get(index).generation().decode(PLENTY);
    }

    for (int index = 0; index < requests.size(); index++) {
      int done = index % 2 == 0 ? 0 : 2 + index;
      assertSame(
          together.get(index).listener().awaitAnswer(),
          undisturbed.get(index).subList(done, ANSWER));
    }
  }

  @Test
  void aReplayThatFillsTheAnswerEndsAtOnce() {
    GenerationRequest request = greedy(DemoModel.textPrompt(9), ANSWER);
    List<SampledToken> undisturbed = answer(request);

    Started again = start(runtime, request.withReplay(after(ANSWER, undisturbed)));

    assertThat(again.listener().awaitEnd()).isEqualTo(new Finished(FinishCause.LENGTH));
    assertThat(again.listener().tokens()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void endsWithTheSequenceWhetherItsLastTokenIsReplayedOrDrawn(int left) {
    JsonNode question = DemoModel.goldens("answers.json").get(0);
    try (DecoderRuntime ending = open(DemoModel.model(), new Bounds(1, 1))) {
      GenerationRequest request = greedy(DemoModel.prompt(question), 64);
      Started whole = start(ending, request);
      whole.answer();
      List<SampledToken> undisturbed = whole.listener().tokens();

      Started again =
          start(ending, request.withReplay(after(undisturbed.size() - left, undisturbed)));
      again.generation().decode(PLENTY);

      assertThat(again.listener().awaitEnd()).isEqualTo(new Finished(FinishCause.END_OF_SEQUENCE));
      assertThat(again.listener().tokens()).hasSize(left);
    }
  }

  @Test
  void aReplayIsClosedLikeAnyOther() {
    GenerationRequest request = greedy(DemoModel.textPrompt(9), 1000);
    List<SampledToken> undisturbed = answer(request);

    Started again = start(runtime, request.withReplay(after(999, undisturbed)));
    again.listener().await(Prefilled.class);
    again.generation().close();

    again.listener().awaitFailure(Kind.CANCELLED);
    assertThat(again.listener().tokens()).isEmpty();
  }

  @Test
  void refusesReplaysThatDoNotFitTheModel() {
    GenerationRequest request = greedy(DemoModel.textPrompt(9), ANSWER);
    int vocabulary = runtime.manifest().getVocabularySize();

    assertRefused(
        request.withReplay(new Replay(OptionalInt.empty(), List.of(vocabulary))), "replayed token");
    assertRefused(
        request.withReplay(new Replay(OptionalInt.of(DemoModel.SEGMENTS), List.of())),
        "exitBefore");
  }

  private void assertRefused(GenerationRequest request, String because) {
    assertThatThrownBy(() -> start(runtime, request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(because);
  }

  private List<SampledToken> answer(GenerationRequest request) {
    Started started = start(runtime, request);
    started.answer();
    return started.listener().tokens();
  }

  /** Within the bound of docs on determinism: 1e-4 of the logits, which are around ten. */
  private static void assertSame(List<SampledToken> rest, List<SampledToken> expected) {
    assertThat(ids(rest)).isEqualTo(ids(expected));
    for (int index = 0; index < rest.size(); index++) {
      SampledToken token = rest.get(index);
      SampledToken same = expected.get(index);
      assertThat(token.step()).isEqualTo(same.step());
      assertThat(token.logprob()).isCloseTo(same.logprob(), within(1e-3));
      assertThat(token.top()).hasSameSizeAs(same.top());
      IntStream.range(0, token.top().size())
          .forEach(
              rank ->
                  assertThat(token.top().get(rank).logprob())
                      .isCloseTo(same.top().get(rank).logprob(), within(1e-3)));
    }
  }

  private static Replay after(int done, List<SampledToken> undisturbed) {
    return new Replay(OptionalInt.empty(), ids(undisturbed, done));
  }

  private static List<Integer> ids(List<SampledToken> tokens, int first) {
    return ids(tokens.subList(0, first));
  }

  private static Prefilled prefilled(Started started) {
    return (Prefilled)
        started.listener().seen().stream()
            .filter(Prefilled.class::isInstance)
            .findFirst()
            .orElseThrow();
  }
}
