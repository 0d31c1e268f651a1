package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.Event;
import io.winnow.runtime.contract.RecordingListener.Failed;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.contract.RecordingListener.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One runtime made of replicas that die, come back, refuse and fall silent. */
class ReplicatedDecoderRuntimeTest {

  private static final int ANSWER = 6;
  private static final int LIFE = 1 + FakeReplica.SEGMENTS + 1 + ANSWER; // steps of a generation

  private final RecordingListener listener = new RecordingListener();

  /** Queued, before each segment, between any two tokens, and before the end is told. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, LIFE - 1})
  void aDeathAtAnyPhaseGoesUnnoticed(int steps) {
    List<String> undisturbed = told(Fleet.of("a"), new RecordingListener(), 0);

    Fleet fleet = Fleet.of("a", "b");
    List<String> disturbed = told(fleet, listener, steps);

    assertThat(disturbed).isEqualTo(undisturbed);
    assertThat(fleet.replica("b").requests).hasSize(1);
  }

  @Test
  void aListenerMayHearOfTheLoss() {
    List<String> heard = new ArrayList<>();
    GenerationListener curious =
        new GenerationListener() {
          @Override
          public void onFailedOver(int attempt, int replayedTokens, RuntimeFailure lost) {
            heard.add("%d: %d tokens, %s".formatted(attempt, replayedTokens, lost.kind()));
          }

          @Override
          public void onToken(SampledToken token) {
            heard.add("token");
          }

          @Override
          public void onFinished(FinishCause cause) {
            heard.add("finished");
          }

          @Override
          public void onFailed(RuntimeFailure failure) {
            heard.add("failed");
          }
        };
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), curious).decode(ANSWER);
    while (heard.size() < 2) {
      fleet.step();
    }
    fleet.busy().die();
    fleet.run();

    assertThat(heard.subList(0, 3)).containsExactly("token", "token", "1: 2 tokens, UNAVAILABLE");
    assertThat(heard).endsWith("token", "finished");
  }

  private List<String> told(Fleet fleet, RecordingListener recording, int steps) {
    Generation generation = fleet.runtime.start(request(), recording);
    generation.decode(ANSWER);
    for (int step = 0; step < steps; step++) {
      fleet.step();
    }
    if (fleet.replicas.size() > 1) {
      fleet.busy().die();
    }
    fleet.run();
    return recording.pending().stream().map(ReplicatedDecoderRuntimeTest::text).toList();
  }

  /** Without the arrays, which have no equality. */
  private static String text(Event event) {
    return event instanceof Token token
        ? token.token().toString()
        : event instanceof Finished ? event.toString() : event.getClass().getSimpleName();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 50})
  void aReplicaThatDiesAfterTheLastTokenNeedsNoOther(int endsAfter) {
    Fleet fleet = Fleet.of("a");
    fleet.replica("a").diesBeforeTheEnd = true;

    fleet.runtime.start(Fleet.request(PrefillPlan.keepAll(), endsAfter, 3), listener).decode(3);
    fleet.run();

    assertThat(listener.awaitEnd())
        .isEqualTo(new Finished(endsAfter == 1 ? FinishCause.END_OF_SEQUENCE : FinishCause.LENGTH));
    assertThat(listener.tokens()).hasSize(endsAfter == 1 ? 2 : 3);
  }

  @Test
  void creditThatWasNotUsedCountsOnTheNextReplica() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    fleet.run();
    generation.decode(3);
    for (int step = 0; step < 2; step++) {
      fleet.step();
    }

    fleet.busy().die();
    fleet.run();
    assertThat(tokens()).isEqualTo(3);

    generation.decode(1);
    fleet.run();
    assertThat(tokens()).isEqualTo(4);
  }

  @Test
  void anAnswerThatComesWhileNobodyRunsReachesTheNextReplica() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation =
        fleet.runtime.start(Fleet.request(Fleet.observing(true, 1), 50, ANSWER), listener);
    fleet.run();
    listener.await(SegmentEnded.class);

    fleet.busy().die();
    fleet.run(); // the next one waits at the same end, and nobody is asked again
    assertThat(listener.pending()).isEmpty();
    generation.resume(1, true);
    generation.decode(ANSWER);
    fleet.run();

    listener.awaitAnswer();
    assertThat(listener.seen()).filteredOn(SegmentEnded.class::isInstance).hasSize(1);
  }

  @Test
  void theExitThatWasTakenIsReplayed() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation =
        fleet.runtime.start(Fleet.request(Fleet.observing(false, 0, 1), 50, ANSWER), listener);
    fleet.step();
    fleet.step();
    fleet.step(); // two segments have run: the exit comes too late for the second
    generation.resume(0, true);
    generation.decode(1);
    fleet.run();

    FakeReplica first = fleet.busy();
    first.die();
    FakeReplica second = fleet.busy();

    assertThat(second.requests.get(0).replay().orElseThrow().exitBefore())
        .isEqualTo(OptionalInt.of(2));
    assertThat(second.requests.get(0).replay().orElseThrow().tokens()).hasSize(1);
  }

  @Test
  void aReplicaThatIsFullPassesTheGenerationOn() {
    Fleet fleet = Fleet.of("a", "b");
    RuntimeFailure full = new RuntimeFailure(Kind.RESOURCE_EXHAUSTED, "full");
    fleet.replicas.values().forEach(replica -> replica.refusal = Optional.of(full));

    fleet.runtime.start(request(), listener);
    assertThat(listener.awaitEnd()).isEqualTo(new Failed(full));
    assertThat(fleet.replica("a").requests).hasSize(1);
    assertThat(fleet.replica("b").requests).hasSize(1);

    fleet.replica("b").refusal = Optional.empty();
    RecordingListener next = new RecordingListener();
    fleet.runtime.start(request(), next).decode(ANSWER);
    fleet.run();
    assertThat(next.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void aDefectIsNotRepeatedElsewhere() {
    Fleet fleet = Fleet.of("a", "b");
    RuntimeFailure defect = new RuntimeFailure(Kind.INTERNAL, "not finite");
    fleet.runtime.start(request(), listener);
    fleet.step();

    fleet.busy().endAll(defect);

    assertThat(listener.awaitEnd()).isInstanceOf(RecordingListener.Failed.class);
    assertThat(fleet.replica("a").requests.size() + fleet.replica("b").requests.size())
        .isEqualTo(1);
  }

  @Test
  void theOnlyReplicaIsMissedClearlyAndUsedAgainOnceItIsBack() {
    Fleet fleet = Fleet.of("tokyo:8001");
    fleet.runtime.start(request(), listener);
    fleet.step();
    fleet.replica("tokyo:8001").die();

    assertThat(listener.awaitFailure(Kind.UNAVAILABLE).message())
        .contains("tokyo:8001", "killed", "ask again");
    fleet.pass(Duration.ofMillis(10));
    assertThat(fleet.runtime.alive()).isFalse();
    RecordingListener meanwhile = new RecordingListener();
    fleet.runtime.start(request(), meanwhile);
    assertThat(meanwhile.awaitFailure(Kind.UNAVAILABLE).message()).contains("connection refused");

    fleet.replica("tokyo:8001").dead = false; // nobody has looked yet
    RecordingListener next = new RecordingListener();
    fleet.runtime.start(request(), next).decode(ANSWER);
    fleet.run();
    assertThat(next.awaitAnswer()).hasSize(ANSWER);
    fleet.pass(Duration.ofMinutes(1));
    assertThat(fleet.runtime.alive()).isTrue();
  }

  @Test
  void replaysAreBounded() {
    Fleet fleet = new Fleet(ReplicaSettings.defaults().withMaxReplays(2), "a", "b", "c", "d", "e");
    fleet.runtime.start(request(), listener);
    for (int death = 0; death < 3; death++) {
      fleet.step();
      fleet.busy().die();
    }

    assertThat(listener.awaitFailure(Kind.UNAVAILABLE).message()).contains("3 runtimes");
  }

  @Test
  void aSilentReplicaIsGivenUpOnlyWhileItOwesSomething() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    fleet.run();
    fleet.pass(Duration.ofMinutes(10)); // waits for credit
    assertThat(fleet.replica("b").requests).isEmpty();

    FakeReplica silent = fleet.busy();
    silent.silent = true;
    generation.decode(ANSWER);
    fleet.pass(Duration.ofSeconds(119));
    assertThat(silent.live()).isEqualTo(1);
    fleet.pass(Duration.ofSeconds(2));
    assertThat(silent.live()).isZero();
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void aSilentReplicaThatIsNotReadyIsGivenUpSooner() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step();
    FakeReplica silent = fleet.busy();
    silent.silent = true;
    silent.ready = false;

    fleet.pass(Duration.ofSeconds(9));
    assertThat(silent.live()).isEqualTo(1);
    fleet.pass(Duration.ofSeconds(1));
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void whatAReplicaCancelsIsNotRepeatedElsewhere() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener);
    fleet.step();

    fleet.busy().endAll(new RuntimeFailure(Kind.CANCELLED, "idle for two minutes"));

    assertThat(listener.awaitFailure(Kind.CANCELLED).message()).contains("idle");
    assertThat(fleet.replica("b").requests).isEmpty();
  }

  @Test
  void aCallerThatClosesIsNotServedElsewhere() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    fleet.step();

    generation.close();

    listener.awaitFailure(Kind.CANCELLED);
    assertThat(fleet.replica("b").requests).isEmpty();
    generation.close();
    generation.decode(1);
    generation.resume(0, true);
    assertThat(listener.pending()).isEmpty();
  }

  @Test
  void aRequestThatDoesNotFitIsTheCallersMistakeAndLeavesNothingBehind() throws Exception {
    Fleet fleet = Fleet.of("a");
    GenerationRequest tooLong = Fleet.request(PrefillPlan.keepAll(), 1, 1);
    long[] ids = new long[FakeReplica.CONTEXT];
    long[] spans = new long[ids.length];
    Arrays.fill(spans, -1);
    GenerationRequest request =
        new GenerationRequest(
            new Prompt(ids, spans, ids, tooLong.prompt().visualTokens(), ids.length),
            tooLong.plan(),
            tooLong.sampling(),
            1);

    assertThatThrownBy(() -> fleet.runtime.start(request, listener))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(fleet.runtime.drain(Duration.ZERO)).isTrue();
  }

  @Test
  void drainingLetsAGenerationMoveAndRefusesOthers() throws Exception {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step();

    assertThat(fleet.runtime.drain(Duration.ZERO)).isFalse();
    RecordingListener late = new RecordingListener();
    fleet.runtime.start(request(), late);
    late.awaitFailure(Kind.UNAVAILABLE);
    fleet.busy().die();
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
    assertThat(fleet.runtime.drain(Duration.ZERO)).isTrue();
  }

  @Test
  void closingEndsEverythingAndMovesNothing() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener);

    fleet.runtime.close();
    fleet.runtime.close();

    listener.awaitFailure(Kind.UNAVAILABLE);
    assertThat(fleet.replicas.values()).allMatch(replica -> replica.closed);
    assertThat(fleet.replica("b").requests).isEmpty();
    assertThat(fleet.runtime.alive()).isFalse();
  }

  @Test
  void theLoadIsThatOfAllWhoAreWell() {
    Fleet fleet = Fleet.of("a", "b", "c");
    fleet.runtime.start(request(), listener);
    assertThat(fleet.runtime.load().slots()).isEqualTo(12);
    assertThat(fleet.runtime.load().running()).isEqualTo(1);

    fleet.replica("c").ready = false;
    fleet.pass(Duration.ofSeconds(1));

    assertThat(fleet.runtime.load().slots()).isEqualTo(8);
  }

  @Test
  void workIsCountedWhereverItIs() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener);
    fleet.replica("a").ready = false;
    fleet.pass(Duration.ofSeconds(1));

    assertThat(fleet.runtime.load()).isEqualTo(new RuntimeLoad(0, 1, 4, 1, 100));
  }

  private long tokens() {
    return listener.pending().stream().filter(Token.class::isInstance).count();
  }

  private static GenerationRequest request() {
    return Fleet.request(PrefillPlan.keepAll(), 50, ANSWER);
  }
}
