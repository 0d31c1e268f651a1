package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import io.winnow.runtime.contract.RecordingListener.Token;
import io.winnow.v1.DecoderManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What is the embedded runtime's own: capacity classes, the KV bound, its one thread. */
class EmbeddedBoundsTest {

  private static final long TOKEN_BYTES = tokenBytes();

  @Test
  void refusesWhatNoCapacityClassHolds() {
    try (DecoderRuntime runtime = open(settings().withCapacityClasses(List.of(64)))) {
      RecordingListener listener = new RecordingListener();
      runtime.start(request(60, 5), listener);

      assertThat(listener.awaitFailure(Kind.RESOURCE_EXHAUSTED).message())
          .contains("65 tokens")
          .contains("capacityClasses");
      assertThat(answer(runtime, 60, 4)).hasSize(4);
    }
  }

  @Test
  void refusesWhatTheMemoryBoundLeavesNoSlotFor() {
    EmbeddedSettings tight = settings().withKvBytesLimit(100 * TOKEN_BYTES);
    try (DecoderRuntime runtime = open(tight.withCapacityClasses(List.of(64, 512)))) {
      RecordingListener listener = new RecordingListener();
      runtime.start(request(100, 5), listener);

      assertThat(listener.awaitFailure(Kind.RESOURCE_EXHAUSTED).message()).contains("kvBytesLimit");
      assertThat(runtime.load().slots()).isEqualTo(1);
    }
  }

  @Test
  void aGenerationTakesTheSmallestSlotThatFitsItAndIsFree() {
    try (DecoderRuntime runtime =
        open(settings().withCapacityClasses(List.of(64, 512)).withSlotsPerClass(1))) {
      hold(runtime, 10);
      assertThat(runtime.load().kvBytesUsed()).isEqualTo(64 * TOKEN_BYTES);

      hold(runtime, 10);
      assertThat(runtime.load().kvBytesUsed()).isEqualTo((64 + 512) * TOKEN_BYTES);
      assertThat(runtime.load().kvBytesUsed()).isLessThanOrEqualTo(runtime.load().kvBytesLimit());
    }
  }

  @Test
  void generationsOfDifferentClassesAnswerTogether() {
    try (DecoderRuntime runtime = open(settings().withCapacityClasses(List.of(64, 512)))) {
      RecordingListener small = new RecordingListener();
      RecordingListener large = new RecordingListener();
      Generation first = runtime.start(request(10, 40), small);
      Generation second = runtime.start(request(100, 40), large);
      first.decode(40);
      second.decode(40);

      assertThat(small.awaitAnswer()).hasSize(40);
      assertThat(large.awaitAnswer()).hasSize(40);
    }
  }

  @Test
  void aFullSlotAnswersToItsLastToken() {
    try (DecoderRuntime runtime = open(settings().withCapacityClasses(List.of(64)))) {
      List<Integer> wide;
      try (DecoderRuntime other = open(settings().withCapacityClasses(List.of(512)))) {
        wide = answer(other, 40, 24);
      }
      // A neighbour without credit, so that its row is computed along at every step.
      hold(runtime, 10);
      assertThat(answer(runtime, 40, 24)).isEqualTo(wide);
    }
  }

  @Test
  void aPrefillStartsWithItsFirstSegmentAndNotWithItsSlot() {
    try (DecoderRuntime runtime = open(settings())) {
      List<String> events = new CopyOnWriteArrayList<>();
      List<RecordingListener> prompts = new ArrayList<>();
      for (String name : List.of("first", "second")) {
        prompts.add(
            new RecordingListener()
                .alsoTo(event -> events.add(name + " " + event.getClass().getSimpleName())));
      }
      RecordingListener answer = new RecordingListener();
      answer.on( // on the engine's thread, so that both arrive at once
          Token.class, () -> prompts.forEach(prompt -> runtime.start(request(50, 1), prompt)));
      runtime.start(request(5, 1), answer).decode(1);

      prompts.forEach(prompt -> prompt.await(Prefilled.class));

      assertThat(events)
          .containsExactly(
              "first PrefillStarted",
              "first Prefilled",
              "second PrefillStarted",
              "second Prefilled");
    }
  }

  @Test
  void aListenerMayCloseTheRuntime() throws InterruptedException {
    DecoderRuntime runtime = open(settings());
    RecordingListener closed = new RecordingListener();
    Generation closedBefore = runtime.start(request(5, 5), closed);
    closed.await(Prefilled.class);
    RecordingListener closing = new RecordingListener();
    closing.on(
        Token.class,
        () -> {
          closedBefore.close();
          runtime.close();
        });

    runtime.start(request(5, 5), closing).decode(5);

    closing.awaitFailure(Kind.UNAVAILABLE);
    assertThat(closing.tokens()).hasSize(1);
    closed.awaitFailure(Kind.CANCELLED);
    runtime.close();
    assertThat(runtime.drain(Duration.ZERO)).isTrue();
  }

  private static void hold(DecoderRuntime runtime, int prompt) {
    RecordingListener listener = new RecordingListener();
    runtime.start(request(prompt, 5), listener);
    listener.await(Prefilled.class);
  }

  private static List<Integer> answer(DecoderRuntime runtime, int prompt, int tokens) {
    RecordingListener listener = new RecordingListener();
    runtime.start(request(prompt, tokens), listener).decode(tokens);
    return listener.awaitAnswer().stream().map(token -> token.id()).toList();
  }

  private static DecoderRuntime open(EmbeddedSettings settings) {
    return EmbeddedRuntimes.decoder(DemoModel.endless(), settings);
  }

  private static EmbeddedSettings settings() {
    return EmbeddedSettings.defaults();
  }

  private static GenerationRequest request(int prompt, int tokens) {
    return new GenerationRequest(
        DemoModel.textPrompt(prompt), PrefillPlan.keepAll(), Sampling.greedy(), tokens);
  }

  private static long tokenBytes() {
    DecoderManifest decoder = DemoModel.model().manifest().getDecoder();
    return 2L * Float.BYTES * decoder.getLayers() * decoder.getKvHeads() * decoder.getHeadDim();
  }
}
