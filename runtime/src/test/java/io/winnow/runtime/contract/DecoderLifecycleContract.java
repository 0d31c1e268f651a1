package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.contract.RecordingListener.Event;
import io.winnow.runtime.contract.RecordingListener.Failed;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.PrefillStarted;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.contract.RecordingListener.Token;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From start to terminal event: credit, bounds, cancellation, stopping. For every runtime. */
public abstract class DecoderLifecycleContract extends DecoderContract {

  private static final int SLOTS = 2;
  private static final int QUEUE = 3;
  private static final Duration LONG = Duration.ofMinutes(1);

  private DecoderRuntime runtime;

  @BeforeEach
  void openRuntime() {
    runtime = open(DemoModel.endless(), new Bounds(SLOTS, QUEUE));
  }

  @AfterEach
  void closeRuntime() {
    runtime.close();
  }

  @Test
  void drawsAsManyTokensAsThereIsCredit() {
    Started started = prefilled();
    somethingElseHappens();
    assertThat(started.listener().pending()).isEmpty();

    started.generation().decode(1);
    started.listener().await(Token.class);
    somethingElseHappens();
    assertThat(started.listener().pending()).isEmpty();

    started.generation().decode(1);
    started.generation().decode(2);
    assertThat(started.listener().awaitEnd()).isEqualTo(new Finished(FinishCause.LENGTH));
    assertThat(started.listener().tokens()).hasSize(4);
  }

  @Test
  void creditThatComesWhileOthersDrawChangesNoToken() {
    Started alone = prefilled();
    List<Integer> expected = alone.answer();

    Started earlier = prefilled();
    RecordingListener told = new RecordingListener();
    Started later = start(small(), told);
    told.on(Token.class, () -> earlier.generation().decode(PLENTY)).await(Prefilled.class);
    later.generation().decode(1); // its token is drawn after the earlier one was passed over

    assertThat(ids(earlier.listener().awaitAnswer())).isEqualTo(expected);
    later.generation().close();
  }

  @Test
  void aGenerationWithoutCreditKeepsItsSlot() {
    Started first = prefilled();
    prefilled();
    Started queued = start(small());

    assertThat(runtime.load().running()).isEqualTo(SLOTS);
    assertThat(runtime.load().queued()).isEqualTo(1);
    assertThat(runtime.load().kvBytesUsed()).isPositive();
    assertThat(queued.listener().pending()).isEmpty();

    first.generation().close();
    first.listener().awaitFailure(Kind.CANCELLED);
    assertThat(queued.answer()).hasSize(4);
  }

  @Test
  void startsQueuedGenerationsInTheOrderOfTheirArrival() {
    Started first = prefilled();
    prefilled();
    List<Integer> order = new CopyOnWriteArrayList<>();
    List<Started> queued =
        List.of(
            start(small(), noting(1, order)),
            start(small(), noting(2, order)),
            start(small(), noting(3, order)));

    first.generation().close();
    queued.forEach(Started::answer);

    assertThat(order).containsExactly(1, 2, 3);
  }

  @Test
  void aGenerationIsClosedWhileItIsQueued() {
    prefilled();
    prefilled();
    Started queued = start(small());

    queued.generation().close();

    queued.listener().awaitFailure(Kind.CANCELLED);
    assertThat(queued.listener().seen()).hasSize(1);
    assertThat(runtime.load().queued()).isZero();
  }

  @Test
  void aGenerationIsClosedWhileAPrefillSegmentRuns() {
    RecordingListener listener = new RecordingListener();
    Started started = start(greedy(DemoModel.textPrompt(1000), 4), listener);
    listener.await(PrefillStarted.class);

    started.generation().close();

    listener.awaitFailure(Kind.CANCELLED);
    assertEverythingIsFree();
  }

  @Test
  void aGenerationIsClosedWhileItsBlockingPlanWaits() {
    Started started = start(greedy(DemoModel.textPrompt(30), blocking(), 4));
    started.listener().await(SegmentEnded.class);

    started.generation().close();

    started.listener().awaitFailure(Kind.CANCELLED);
    assertThat(started.listener().seen()).noneMatch(Prefilled.class::isInstance);
    assertEverythingIsFree();
  }

  @Test
  void aGenerationIsClosedWhileItIsDecoding() {
    Started started = start(greedy(DemoModel.textPrompt(5), PLENTY));
    started.generation().decode(3);
    started.listener().await(Token.class);

    started.generation().close();

    started.listener().awaitFailure(Kind.CANCELLED);
    assertThat(started.listener().tokens()).hasSizeBetween(1, 3);
    assertEverythingIsFree();
  }

  @Test
  void aGenerationIsClosedByItsOwnListener() {
    RecordingListener listener = new RecordingListener();
    Started started = start(small(), listener);
    listener.on(Token.class, started.generation()::close);

    started.generation().decode(PLENTY);

    listener.awaitFailure(Kind.CANCELLED);
    assertThat(listener.tokens()).hasSize(1);
  }

  @Test
  void callsAfterTheEndHaveNoEffect() {
    Started finished = start(small());
    finished.answer();
    Started cancelled = prefilled();
    cancelled.generation().close();
    cancelled.listener().awaitFailure(Kind.CANCELLED);

    for (Started ended : List.of(finished, cancelled)) {
      ended.generation().decode(1);
      ended.generation().resume(0, true);
      ended.generation().close();
      ended.generation().close();
    }

    somethingElseHappens();
    assertThat(finished.listener().pending()).isEmpty();
    assertThat(cancelled.listener().pending()).isEmpty();
    assertEverythingIsFree();
  }

  @Test
  void refusesWhatExceedsTheQueue() {
    Started first = prefilled();
    prefilled();
    for (int waiting = 0; waiting < QUEUE; waiting++) {
      start(small());
    }

    Started refused = start(small());
    refused.listener().awaitFailure(Kind.RESOURCE_EXHAUSTED);
    assertThat(refused.listener().seen()).hasSize(1);

    first.generation().close();
    first.listener().awaitFailure(Kind.CANCELLED);
    Started accepted = start(small());
    accepted.generation().close();
    accepted.listener().awaitFailure(Kind.CANCELLED);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 500})
  void refusesAPromptThatLeavesNoRoomForAnAnswer(int more) {
    int context = runtime.manifest().getContextLength();

    assertThatThrownBy(() -> start(greedy(DemoModel.textPrompt(context + more), 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("context of " + context);
    assertEverythingIsFree();
  }

  @ParameterizedTest
  @ValueSource(classes = {PrefillStarted.class, SegmentEnded.class, Prefilled.class, Token.class})
  void aListenerThatThrowsLosesItsGenerationAndNobodyElses(Class<? extends Event> event) {
    Started other = prefilled();
    RecordingListener throwing = new RecordingListener().on(event, DecoderLifecycleContract::fail);
    PrefillPlan observing =
        new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(1), false);

    start(greedy(DemoModel.textPrompt(5), observing, 4), throwing).generation().decode(PLENTY);

    assertThat(throwing.awaitFailure(Kind.INTERNAL).message()).contains("a listener's defect");
    assertThat(throwing.seen().get(throwing.seen().size() - 2)).isInstanceOf(event);
    assertThat(other.answer()).hasSize(4);
    assertEverythingIsFree();
  }

  @Test
  void aListenerThatThrowsAtItsEndHurtsNobody() {
    RecordingListener throwing =
        new RecordingListener()
            .on(Finished.class, DecoderLifecycleContract::fail)
            .on(Failed.class, DecoderLifecycleContract::fail);
    assertThat(start(small(), throwing).answer()).hasSize(4);
    somethingElseHappens();
    assertThat(throwing.pending()).isEmpty();

    runtime.close();
    RecordingListener refused =
        new RecordingListener().on(Failed.class, DecoderLifecycleContract::fail);
    start(small(), refused);
    refused.awaitFailure(Kind.UNAVAILABLE);
  }

  @Test
  void aLongPromptDoesNotStopRunningAnswers() {
    List<Event> events = new CopyOnWriteArrayList<>(); // of both, as they came
    PrefillPlan observing =
        new PrefillPlan(
            Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(0, 1, 2, 3), false);
    RecordingListener prompt = new RecordingListener().alsoTo(events::add);
    RecordingListener answer = new RecordingListener().alsoTo(events::add);
    AtomicBoolean first = new AtomicBoolean(true);
    answer.on(
        Token.class,
        () -> {
          if (first.getAndSet(false)) {
            runtime.start(greedy(DemoModel.textPrompt(1000), observing, 1), prompt);
          }
        });

    start(greedy(DemoModel.textPrompt(5), 60), answer).generation().decode(PLENTY);
    prompt.await(Prefilled.class);
    answer.awaitAnswer();

    List<Integer> ends =
        IntStream.range(0, events.size())
            .filter(index -> events.get(index) instanceof SegmentEnded)
            .boxed()
            .toList();
    assertThat(ends).hasSize(4);
    for (int segment = 1; segment < 4; segment++) {
      assertThat(events.subList(ends.get(segment - 1), ends.get(segment)))
          .as("between the ends of segments %s and %s", segment - 1, segment)
          .anyMatch(Token.class::isInstance);
    }
    assertThat(events.indexOf(new Finished(FinishCause.LENGTH)))
        .as("nor do answers stop prompts")
        .isGreaterThan(ends.get(3));
  }

  @Test
  void drainingRefusesNewGenerationsAndWaitsForTheAccepted() throws InterruptedException {
    Started running = prefilled();
    prefilled().generation().decode(PLENTY);
    Started queued = start(small());

    assertThat(runtime.drain(Duration.ZERO)).isFalse();
    start(small()).listener().awaitFailure(Kind.UNAVAILABLE);

    queued.generation().decode(PLENTY);
    running.generation().decode(PLENTY);
    assertThat(runtime.drain(LONG)).isTrue();
    assertThat(running.listener().pending()).endsWith(new Finished(FinishCause.LENGTH));
    assertThat(queued.listener().pending()).endsWith(new Finished(FinishCause.LENGTH));
    assertEverythingIsFree();
  }

  @Test
  void closingFailsWhatStillRuns() throws InterruptedException {
    Started waiting = prefilled();
    RecordingListener listener = new RecordingListener();
    start(greedy(DemoModel.textPrompt(1000), 4), listener);
    Started queued = start(small());
    listener.await(PrefillStarted.class);

    runtime.close();

    for (RecordingListener ended : List.of(waiting.listener(), listener, queued.listener())) {
      assertThat(ended.pending()).as("told before close() returns").isNotEmpty();
      ended.awaitFailure(Kind.UNAVAILABLE);
    }
    start(small()).listener().awaitFailure(Kind.UNAVAILABLE);
    runtime.close();
    assertThat(runtime.drain(Duration.ZERO)).isTrue();
    assertThat(waiting.listener().pending()).isEmpty();
    assertEverythingIsFree();
  }

  /** Another generation's whole life, in the course of which the runtime looks at everybody. */
  private void somethingElseHappens() {
    assertThat(start(small()).answer()).hasSize(4);
  }

  private void assertEverythingIsFree() {
    assertThat(runtime.load().running()).isZero();
    assertThat(runtime.load().queued()).isZero();
    assertThat(runtime.load().kvBytesUsed()).isZero();
  }

  private Started prefilled() {
    Started started = start(small());
    started.listener().await(Prefilled.class);
    return started;
  }

  private Started start(GenerationRequest request) {
    return start(runtime, request);
  }

  private Started start(GenerationRequest request, RecordingListener listener) {
    return new Started(runtime.start(request, listener), listener);
  }

  private static RecordingListener noting(int number, List<Integer> order) {
    return new RecordingListener().on(PrefillStarted.class, () -> order.add(number));
  }

  private static GenerationRequest small() {
    return greedy(DemoModel.textPrompt(5), 4);
  }

  private static PrefillPlan blocking() {
    return new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(1), true);
  }

  private static void fail() {
    throw new IllegalStateException("a listener's defect");
  }
}
