package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.Token;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What the demo model alone cannot show: a graph that fails, and a vocabulary larger than the
 * candidates. Here the manifest claims one token more than the graph has, so that its id passes the
 * checks and fails in the graph's embedding.
 */
class EmbeddedGraphEdgesTest {

  private static final int LIMIT = 40;

  @Test
  void aGraphThatFailsTakesItsGenerationAloneWithIt() {
    try (DecoderRuntime runtime = open(claimingOneTokenMore())) {
      RecordingListener healthy = new RecordingListener();
      Generation running = runtime.start(request(DemoModel.textPrompt(20), greedy()), healthy);
      running.decode(5);
      healthy.await(Token.class);
      RecordingListener broken = new RecordingListener();
      runtime.start(request(withUnknownToken(), greedy()), broken);

      broken.awaitFailure(Kind.INTERNAL);

      running.decode(LIMIT);
      assertThat(healthy.awaitAnswer()).hasSize(LIMIT);
      assertThat(runtime.load().running()).isZero();
      assertThat(runtime.load().kvBytesUsed()).isZero();
    }
  }

  @Test
  void drawsBeyondTheCandidatesAsItWouldAmongThem() {
    List<Sampling> samplings =
        List.of(new Sampling(1.5, 0.95, 0, 7, 0), greedy(), new Sampling(3, 1, 0, 8, 0));
    List<List<Integer>> fromCandidates;
    try (DecoderRuntime runtime = open(DemoModel.endless())) {
      fromCandidates = answers(runtime, samplings);
    }
    try (DecoderRuntime runtime = open(claimingOneTokenMore())) {
      assertThat(answers(runtime, samplings)).isEqualTo(fromCandidates);
    }
  }

  private static List<List<Integer>> answers(DecoderRuntime runtime, List<Sampling> samplings) {
    List<RecordingListener> listeners = new ArrayList<>();
    for (Sampling sampling : samplings) {
      RecordingListener listener = new RecordingListener();
      runtime.start(request(DemoModel.textPrompt(20), sampling), listener).decode(LIMIT);
      listeners.add(listener);
    }
    return listeners.stream()
        .map(listener -> listener.awaitAnswer().stream().map(SampledToken::id).toList())
        .toList();
  }

  private static RepositoryModel claimingOneTokenMore() {
    RepositoryModel model = DemoModel.endless();
    int vocabularySize = model.manifest().getDecoder().getVocabularySize();
    return new RepositoryModel(
        model.root(),
        model.manifest().toBuilder()
            .setDecoder(
                model.manifest().getDecoder().toBuilder().setVocabularySize(vocabularySize + 1))
            .build());
  }

  private static Prompt withUnknownToken() {
    Prompt prompt = DemoModel.textPrompt(20);
    prompt.tokenIds()[5] = DemoModel.model().manifest().getDecoder().getVocabularySize();
    return prompt;
  }

  private static GenerationRequest request(Prompt prompt, Sampling sampling) {
    return new GenerationRequest(prompt, PrefillPlan.keepAll(), sampling, LIMIT);
  }

  private static Sampling greedy() {
    return Sampling.greedy();
  }

  private static DecoderRuntime open(RepositoryModel model) {
    return EmbeddedContracts.open(model, new Bounds(4, 8));
  }
}
