package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.Event;
import io.winnow.runtime.contract.RecordingListener.Failed;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.triton.client.ChannelSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What goes wrong between a runtime and a real server, and that nothing is left behind. */
@OnTriton
class TritonFaultsIT {

  private static final Bounds TWO_SLOTS = new Bounds(2, 3);
  private static final int MANY = 10_000;

  @Test
  void aModelThatIsMissingIsUnavailable() {
    RepositoryModel absent =
        new RepositoryModel(
            DemoModel.model().root(),
            DemoModel.model().manifest().toBuilder().setName("absent").build());
    try (DecoderRuntime runtime = open(absent, TritonSettings.defaults())) {
      assertThat(runtime.alive()).isFalse();

      RuntimeFailure failure = start(runtime, small()).awaitFailure(Kind.UNAVAILABLE);

      assertThat(failure.message()).contains("absent-decoder");
    }
  }

  @Test
  void anotherExportOfTheModelIsNotServed() {
    RepositoryModel other =
        new RepositoryModel(
            DemoModel.model().root(),
            loaded().manifest().toBuilder().setCheckpointSha256("another").build());
    try (DecoderRuntime runtime = open(other, TritonSettings.defaults())) {
      assertThat(runtime.alive()).isFalse();
    }
  }

  @Test
  void aModelThatIsUnloadedLosesItsGenerationsAndComesBack() {
    RepositoryModel model =
        TritonContracts.load(DemoModel.endless(), TWO_SLOTS, Map.of("idle_seconds", "99"));
    String name = model.name() + "-decoder";
    try (DecoderRuntime runtime = open(model, TritonSettings.defaults())) {
      RecordingListener listener = new RecordingListener();
      Generation generation = runtime.start(small(), listener);
      listener.await(Prefilled.class);

      TritonContracts.server().unload(name);
      generation.decode(1);
      listener.awaitFailure(Kind.UNAVAILABLE);
      start(runtime, small()).awaitFailure(Kind.UNAVAILABLE);

      TritonContracts.server().load(name);
      assertAnswers(runtime);
    }
  }

  @Test
  void twoHundredGenerationsOnEightSlotsAllHearOfTheirEnds() {
    Bounds bounds = new Bounds(8, 64);
    RepositoryModel model = TritonContracts.load(DemoModel.endless(), bounds, Map.of());
    try (DecoderRuntime runtime = open(model, TritonSettings.defaults())) {
      List<RecordingListener> listeners = new ArrayList<>();
      for (int number = 0; number < 200; number++) {
        RecordingListener listener = new RecordingListener();
        runtime.start(greedy(30, 8), listener).decode(8);
        listeners.add(listener);
      }

      int answered = 0;
      for (RecordingListener listener : listeners) {
        Event end = listener.awaitEnd();
        if (end instanceof Failed failed) {
          assertThat(failed.failure().kind()).isEqualTo(Kind.RESOURCE_EXHAUSTED);
        } else {
          assertThat(end).isEqualTo(new Finished(FinishCause.LENGTH));
          assertThat(listener.tokens()).hasSize(8);
          answered++;
        }
      }
      assertThat(answered).isBetween(bounds.slots() + bounds.maxQueued(), 200);
      assertThat(runtime.load().running() + runtime.load().queued()).isZero();
      assertAnswers(runtime);
    }
  }

  @Test
  void aCallerWhoseConnectionBreaksLeavesNothingBehindInAnyPhase() {
    RepositoryModel model = loaded();
    try (DecoderRuntime other = open(model, TritonSettings.defaults())) {
      for (Phase phase : Phase.values()) {
        try (Broken broken = new Broken(model)) {
          phase.reach(broken.runtime);

          broken.breakConnections();

          // Both slots and the queue are needed: what was left behind would stand in the way.
          assertAnswers(other);
          assertAnswers(other);
        }
      }
    }
  }

  @Test
  void aGenerationThatTakesTooLongEndsInAnyPhase() {
    RepositoryModel model = loaded();
    try (DecoderRuntime other = open(model, TritonSettings.defaults())) {
      for (Phase phase : Phase.values()) {
        assertEndsAtItsLimit(model, phase);
        assertAnswers(other);
      }
    }
  }

  /** The limit is raised until the phase is reached within it, however slow the machine is. */
  private static void assertEndsAtItsLimit(RepositoryModel model, Phase phase) {
    for (int seconds = 1; ; seconds *= 2) {
      TritonSettings hurried =
          TritonSettings.defaults().withGeneration(Duration.ofSeconds(seconds));
      try (DecoderRuntime runtime = open(model, hurried)) {
        List<RecordingListener> listeners;
        try {
          listeners = phase.reach(runtime);
        } catch (AssertionError e) {
          if (seconds > 30) {
            throw e;
          }
          continue;
        }
        for (RecordingListener listener : listeners) {
          assertThat(listener.awaitFailure(Kind.UNAVAILABLE).message())
              .contains("DEADLINE_EXCEEDED");
        }
        assertThat(runtime.load().running() + runtime.load().queued()).isZero();
        return;
      }
    }
  }

  @Test
  void aMessageAboveTheLimitFailsItsGenerationOnly() {
    ChannelSettings narrow = ChannelSettings.defaults().withMaxMessageBytes(600);
    try (DecoderRuntime runtime = open(loaded(), TritonSettings.defaults().withChannel(narrow))) {
      RuntimeFailure failure =
          start(runtime, observing(false)).awaitFailure(Kind.RESOURCE_EXHAUSTED);

      assertThat(failure.message()).contains("600");
      assertAnswers(runtime);
    }
  }

  @Test
  void aRequestAboveTheLimitIsNotSentAndSaysSo() {
    ChannelSettings narrow = ChannelSettings.defaults().withMaxRequestBytes(2_000);
    try (DecoderRuntime runtime = open(loaded(), TritonSettings.defaults().withChannel(narrow))) {
      RuntimeFailure failure =
          start(runtime, greedy(1000, 4)).awaitFailure(Kind.RESOURCE_EXHAUSTED);

      assertThat(failure.message()).contains("limit of 2000", "not sent");
      assertAnswers(runtime);
    }
  }

  @Test
  void aServerThatHangsIsNotWaitedForEndlessly() {
    TritonSettings impatient = TritonSettings.defaults().withAcknowledge(Duration.ofSeconds(2));
    RepositoryModel model = loaded();
    try (DecoderRuntime runtime = open(model, impatient);
        DecoderRuntime patient = open(model, TritonSettings.defaults())) {
      TritonContracts.server().freeze();
      try {
        RecordingListener first = start(runtime, small());
        RecordingListener second = start(runtime, small());
        assertThat(first.awaitFailure(Kind.UNAVAILABLE).message()).contains("did not queue");
        second.awaitFailure(Kind.UNAVAILABLE);
      } finally {
        TritonContracts.server().thaw();
      }
      assertAnswers(patient); // it has caught up
      assertAnswers(runtime);
    }
  }

  @Test
  void aGenerationThatNobodyAsksAnythingOfIsEnded() {
    RepositoryModel model =
        TritonContracts.load(DemoModel.endless(), TWO_SLOTS, Map.of("idle_seconds", "0.3"));
    try (DecoderRuntime runtime = open(model, TritonSettings.defaults())) {
      RecordingListener blocked = start(runtime, observing(true));
      RecordingListener withoutCredit = start(runtime, small());

      assertThat(blocked.awaitFailure(Kind.CANCELLED).message()).contains("0.3 s");
      withoutCredit.awaitFailure(Kind.CANCELLED);
    }
  }

  @Test
  void whatAnotherServiceHasOnTheServerIsToldApart() {
    RepositoryModel model = loaded();
    try (DecoderRuntime other = open(model, TritonSettings.defaults());
        TritonDecoderRuntime runtime =
            new TritonDecoderRuntime(
                model, TritonContracts.server().address(), TritonSettings.defaults())) {
      var unused = Phase.QUEUED.reach(other);
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (runtime.load().others().queued() == 0 && System.nanoTime() < end) {
        runtime.probe().run(); // the last one may still be on its way to the server
      }

      RuntimeLoad load = runtime.load();
      assertThat(load.others()).isEqualTo(new RuntimeLoad.Others(1, 2, other.load().kvBytesUsed()));
      assertThat(load.slotsWithinReach()).isZero();
      assertThat(load.kvUsage())
          .isEqualTo((double) other.load().kvBytesUsed() / load.kvBytesLimit())
          .isPositive();
    }
  }

  /** Where generations can be when something happens to them. */
  private enum Phase {
    QUEUED {
      @Override
      List<RecordingListener> reach(DecoderRuntime runtime) {
        List<RecordingListener> all = new ArrayList<>();
        for (int number = 0; number < TWO_SLOTS.slots(); number++) {
          all.add(start(runtime, small()));
          all.get(number).await(Prefilled.class);
        }
        all.add(start(runtime, small()));
        return all;
      }
    },
    PREFILLING {
      @Override
      List<RecordingListener> reach(DecoderRuntime runtime) {
        RecordingListener listener = start(runtime, greedy(1000, 4));
        listener.await(RecordingListener.PrefillStarted.class);
        return List.of(listener);
      }
    },
    WAITING_FOR_A_VERDICT {
      @Override
      List<RecordingListener> reach(DecoderRuntime runtime) {
        RecordingListener listener = start(runtime, observing(true));
        listener.await(SegmentEnded.class);
        return List.of(listener);
      }
    },
    WITHOUT_CREDIT {
      @Override
      List<RecordingListener> reach(DecoderRuntime runtime) {
        RecordingListener listener = start(runtime, small());
        listener.await(Prefilled.class);
        return List.of(listener);
      }
    },
    DECODING {
      @Override
      List<RecordingListener> reach(DecoderRuntime runtime) {
        RecordingListener listener = new RecordingListener();
        runtime.start(greedy(5, MANY), listener).decode(3);
        listener.await(RecordingListener.Token.class);
        return List.of(listener);
      }
    };

    abstract List<RecordingListener> reach(DecoderRuntime runtime);
  }

  /** A runtime whose connection is cut without a word to the server's model. */
  private static final class Broken implements AutoCloseable {

    final TritonDecoderRuntime runtime;

    Broken(RepositoryModel model) {
      runtime =
          new TritonDecoderRuntime(
              model, TritonContracts.server().address(), TritonSettings.defaults());
    }

    void breakConnections() {
      runtime.population().live().forEach(generation -> generation.abandon("the cable was cut"));
    }

    @Override
    public void close() {
      runtime.close();
    }
  }

  private static RepositoryModel loaded() {
    return TritonContracts.load(DemoModel.endless(), TWO_SLOTS, Map.of());
  }

  private static DecoderRuntime open(RepositoryModel model, TritonSettings settings) {
    return TritonRuntimes.decoder(model, TritonContracts.server().address(), settings);
  }

  /** Every slot answers. */
  private static void assertAnswers(DecoderRuntime runtime) {
    List<RecordingListener> listeners = new ArrayList<>();
    for (int number = 0; number < TWO_SLOTS.slots(); number++) {
      RecordingListener listener = new RecordingListener();
      runtime.start(small(), listener).decode(MANY);
      listeners.add(listener);
    }
    listeners.forEach(listener -> assertThat(listener.awaitAnswer()).hasSize(4));
  }

  private static RecordingListener start(DecoderRuntime runtime, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    var unused = runtime.start(request, listener);
    return listener;
  }

  private static GenerationRequest small() {
    return greedy(5, 4);
  }

  private static GenerationRequest observing(boolean blocking) {
    PrefillPlan plan =
        new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(1), blocking);
    return new GenerationRequest(DemoModel.textPrompt(30), plan, Sampling.greedy(), 4);
  }

  private static GenerationRequest greedy(int promptTokens, int maxTokens) {
    return new GenerationRequest(
        DemoModel.textPrompt(promptTokens), PrefillPlan.keepAll(), Sampling.greedy(), maxTokens);
  }
}
