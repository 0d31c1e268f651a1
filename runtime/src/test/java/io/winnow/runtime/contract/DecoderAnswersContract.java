package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.RecordingListener.Finished;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a decoder answers: the reference's tokens, alone or in company. For every runtime. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DecoderAnswersContract extends DecoderContract {

  private static final int END_OF_SEQUENCE = 2;
  private static final int MAX_TOKENS = 64;

  private DecoderRuntime runtime;

  @BeforeAll
  void openRuntime() {
    runtime = open(DemoModel.model(), new Bounds(8, 64));
  }

  @AfterAll
  void closeRuntime() {
    runtime.close();
  }

  @Test
  void answersEveryQuestionLikeTheReference() {
    List<JsonNode> questions = questions(36);

    List<RecordingListener> answers = startAll(questions, Sampling.greedy());

    for (int index = 0; index < questions.size(); index++) {
      List<Integer> expected = new ArrayList<>();
      for (long id : DemoModel.longs(questions.get(index).get("answer_ids"))) {
        expected.add((int) id);
      }
      expected.add(END_OF_SEQUENCE);
      assertThat(ids(answers.get(index).awaitAnswer()))
          .as(questions.get(index).get("question").asText())
          .isEqualTo(expected);
    }
  }

  @Test
  void aBatchDrawsTheTokensOfASoloRun() {
    List<JsonNode> questions = questions(8);
    List<List<SampledToken>> solo = new ArrayList<>();
    for (JsonNode question : questions) {
      solo.add(startAll(List.of(question), Sampling.greedy()).get(0).awaitAnswer());
    }

    List<RecordingListener> batch = startAll(questions, Sampling.greedy());

    for (int index = 0; index < questions.size(); index++) {
      List<SampledToken> together = batch.get(index).awaitAnswer();
      assertThat(ids(together)).isEqualTo(ids(solo.get(index)));
      for (SampledToken token : together) {
        assertThat(token.logprob())
            .isCloseTo(solo.get(index).get(token.step()).logprob(), within(1e-3));
      }
    }
  }

  @Test
  void aSeededDrawDependsOnlyOnTheSeed() {
    Sampling warm = new Sampling(1.5, 0.95, 0, 1234, 3);
    List<JsonNode> questions = questions(6);
    List<List<Integer>> solo = new ArrayList<>();
    for (JsonNode question : questions) {
      solo.add(ids(startAll(List.of(question), warm).get(0).awaitAnswer()));
    }

    List<RecordingListener> batch = startAll(questions, warm);

    for (int index = 0; index < questions.size(); index++) {
      assertThat(ids(batch.get(index).awaitAnswer())).isEqualTo(solo.get(index));
    }
  }

  @Test
  void differentSeedsDrawDifferentTokens() {
    JsonNode describe = DemoModel.goldens("answers.json").get(3);

    List<Integer> one = ids(answer(describe, new Sampling(2, 1, 0, 1, 0)));
    List<Integer> other = ids(answer(describe, new Sampling(2, 1, 0, 2, 0)));

    assertThat(one).isNotEqualTo(other);
  }

  @Test
  void aCutToOneTokenIsGreedyAtAnyTemperature() {
    JsonNode describe = DemoModel.goldens("answers.json").get(3);
    List<Integer> greedy = ids(answer(describe, Sampling.greedy()));

    assertThat(ids(answer(describe, new Sampling(5, 1, 1, 7, 0)))).isEqualTo(greedy);
    assertThat(ids(answer(describe, new Sampling(5, 1e-9, 0, 7, 0)))).isEqualTo(greedy);
  }

  @Test
  void drawsOnlyFromTheTokensThatTheCutsLeave() {
    JsonNode describe = DemoModel.goldens("answers.json").get(3);
    for (long seed = 1; seed <= 5; seed++) {
      List<SampledToken> topK = answer(describe, new Sampling(5, 1, 3, seed, 20));
      assertThat(topK).allSatisfy(token -> assertThat(rank(token)).isBetween(0, 2));
      assertThat(topK).as("not greedy").anySatisfy(token -> assertThat(rank(token)).isPositive());

      List<SampledToken> nucleus = answer(describe, new Sampling(1, 0.5, 0, seed, 20));
      assertThat(nucleus).allSatisfy(token -> assertThat(massAbove(token)).isLessThan(0.5 + 1e-6));
    }
  }

  @Test
  void reportsTheTokensThatItCouldHaveDrawn() {
    SampledToken first = answer(questions(1).get(0), new Sampling(0, 1, 0, 0, 5)).get(0);

    assertThat(first.top()).hasSize(5);
    assertThat(first.top().get(0).id()).isEqualTo(first.id());
    assertThat(first.top().get(0).logprob()).isEqualTo(first.logprob());
    assertThat(first.top())
        .extracting(SampledToken.Candidate::logprob)
        .isSortedAccordingTo((a, b) -> Double.compare(b, a))
        .allMatch(logprob -> logprob <= 0);
  }

  @Test
  void answersAPromptWithoutPictureLikeTheReference() {
    JsonNode golden =
        StreamSupport.stream(DemoModel.goldens("logits.json").spliterator(), false)
            .filter(candidate -> candidate.get("picture").isNull())
            .findFirst()
            .orElseThrow();
    long[] expected = DemoModel.longs(golden.get("token_ids"));
    try (DecoderRuntime endless = open(DemoModel.endless(), new Bounds(1, 1))) {
      List<Integer> drawn =
          start(endless, greedy(DemoModel.prompt(golden), expected.length)).answer();

      assertThat(drawn.stream().mapToLong(Integer::longValue)).containsExactly(box(expected));
    }
  }

  @Test
  void endsAtTheTokenLimit() {
    RecordingListener listener = new RecordingListener();
    JsonNode describe = DemoModel.goldens("answers.json").get(3);
    runtime
        .start(request(DemoModel.prompt(describe), Sampling.greedy(), 3), listener)
        .decode(MAX_TOKENS);

    assertThat(listener.awaitEnd()).isEqualTo(new Finished(FinishCause.LENGTH));
    assertThat(ids(listener.tokens()))
        .isEqualTo(ids(answer(describe, Sampling.greedy())).subList(0, 3));
  }

  @Test
  void endsAtTheEndOfTheContext() {
    try (DecoderRuntime endless = open(DemoModel.endless(), new Bounds(1, 1))) {
      int context = endless.manifest().getContextLength();
      RecordingListener listener = new RecordingListener();
      endless
          .start(request(DemoModel.textPrompt(context - 5), Sampling.greedy(), 10_000), listener)
          .decode(10_000);

      assertThat(listener.awaitEnd()).isEqualTo(new Finished(FinishCause.LENGTH));
      assertThat(listener.tokens()).hasSize(5);
    }
  }

  private static Long[] box(long[] values) {
    return LongStream.of(values).boxed().toArray(Long[]::new);
  }

  /** Place of the drawn token among the reported ones. */
  private static int rank(SampledToken token) {
    return token.top().stream().map(SampledToken.Candidate::id).toList().indexOf(token.id());
  }

  /** Probability of all the tokens before the drawn one. */
  private static double massAbove(SampledToken token) {
    assertThat(rank(token)).isNotNegative();
    return token.top().stream()
        .limit(rank(token))
        .mapToDouble(candidate -> Math.exp(candidate.logprob()))
        .sum();
  }

  private List<SampledToken> answer(JsonNode question, Sampling sampling) {
    return startAll(List.of(question), sampling).get(0).awaitAnswer();
  }

  private List<RecordingListener> startAll(List<JsonNode> questions, Sampling sampling) {
    List<RecordingListener> listeners = new ArrayList<>();
    for (JsonNode question : questions) {
      RecordingListener listener = new RecordingListener();
      Generation generation =
          runtime.start(request(DemoModel.prompt(question), sampling, MAX_TOKENS), listener);
      generation.decode(MAX_TOKENS);
      listeners.add(listener);
    }
    return listeners;
  }

  private static GenerationRequest request(Prompt prompt, Sampling sampling, int maxTokens) {
    return new GenerationRequest(prompt, PrefillPlan.keepAll(), sampling, maxTokens);
  }

  private static List<JsonNode> questions(int count) {
    return StreamSupport.stream(DemoModel.goldens("answers.json").spliterator(), false)
        .limit(count)
        .toList();
  }
}
